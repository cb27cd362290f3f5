"""The registry's pages, for staff: possible duplicates and golden records."""

from fastapi import APIRouter

from . import duplicates, initiatives

router = APIRouter(prefix="/register")
router.include_router(duplicates.router)
router.include_router(initiatives.router)
