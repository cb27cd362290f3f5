"""The contract for everybody: as documents for programs, and as pages in Dutch and English for people."""

from fastapi import APIRouter

from . import documents, pages

router = APIRouter()
router.include_router(documents.router)
router.include_router(pages.router)
