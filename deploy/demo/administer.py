"""What the people who run the platform do in the demo: take on partners, register staff, plan, open and close, publish."""

import math
from collections.abc import Callable
from datetime import datetime, timedelta

from deploy import boarding, broker
from deploy.demo.answers import QUESTIONNAIRE
from deploy.demo.client import Client
from deploy.demo.partners import Partner
from deploy.demo.platform import Platform
from services.notify.domain.kinds import KINDS
from services.notify.store import staff
from services.notify.store.staff import Subscription
from services.reporting import publishing
from services.survey import admin
from services.survey.settings import Settings as SurveySettings
from shared import geo
from shared.dutch import HERE

CAMPAIGN = "demo"
_AT_ONCE = ("possible-duplicate", "bottleneck")
_NATIONAL = {
    "helpdesk": ("partner-boarded", "partner-suspended", "campaign-opened", "campaign-closed"),
    "onderzoek": ("campaign-opened", "campaign-closing-soon", "campaign-closed", "report-published"),
    "communicatie": ("success", "dream", "report-published"),
}


async def board(platform: Platform, partner: Partner) -> Client:
    """Takes on a partner, as `burenbus partner add` does; gives the client with which it speaks.

    One of an earlier demo on this platform gets a new password.
    """
    async with (
        broker.Management(platform.rabbitmq_api_url, platform.vhost) as management,
        platform.transaction("registry") as tx,
    ):
        _, login = await boarding.take_on(
            tx,
            management,
            partner.name,
            title=partner.title,
            sources=[partner.source_urn],
            regions=partner.regions,
            contact_mail=f"beheer@{partner.name}.example",
        )
        login = login or await boarding.rotate(tx, management, partner.name, old_valid_for=None)
    return Client(partner.name, platform.partner_amqp_url(login.user, login.password))


async def register_staff(platform: Platform, *, digest_at: datetime) -> int:
    """A coordinator for each province and three people for the whole country; gives how many. Their daily mail: at `digest_at`."""
    members = {
        f"coordinator.{p.iso[3:].lower()}@burenbus.example": (p.name, p.code, tuple(KINDS)) for p in geo.provinces()
    }
    members |= {f"{role}@burenbus.example": (role, "NL", kinds) for role, kinds in _NATIONAL.items()}
    async with platform.transaction("notify") as tx:
        for email, (name, region, kinds) in members.items():
            member, _ = await staff.add(
                tx,
                email,
                name=None,
                role=f"coördinator {name}" if region != "NL" else name,
                digest_at=digest_at.astimezone(HERE).time(),
                working_hours_only=False,
            )
            followed = [Subscription(k, region, "at-once" if k in _AT_ONCE else KINDS[k].how) for k in kinds]
            await staff.follow(tx, member.id, followed)
    return len(members)


def next_digest(now: datetime, patience: timedelta) -> datetime:
    """A whole minute, so soon after that patience that the demo can wait for it."""
    return datetime.fromtimestamp(math.ceil((now + patience).timestamp() / 60) * 60, tz=now.tzinfo)


async def plan_campaign(platform: Platform, now: datetime) -> None:
    """Plans the campaign: from tomorrow, for seven weeks."""
    first = now.astimezone(HERE).date() + timedelta(days=1)
    async with platform.transaction("survey") as tx:
        await admin.plan(
            tx,
            CAMPAIGN,
            title="Zorgzame gemeenschappen in kaart (verzonnen antwoorden)",
            questionnaire=QUESTIONNAIRE,
            opens=first.isoformat(),
            closes=(first + timedelta(weeks=7)).isoformat(),
        )


async def open_campaign(platform: Platform) -> None:
    """Opens it now, which invites."""
    async with platform.transaction("survey") as tx:
        await admin.open_now(tx, CAMPAIGN, platform.settings("survey", SurveySettings))


async def close_campaign(platform: Platform) -> None:
    """Closes it now."""
    async with platform.transaction("survey") as tx:
        await admin.close_now(tx, CAMPAIGN, platform.settings("survey", SurveySettings))


async def publish_report(platform: Platform, drawing: Callable[[int], None]) -> None:
    """Freezes and publishes the results; `drawing` hears how many charts that takes."""
    async with platform.transaction("reporting") as tx:
        await publishing.publish(tx, CAMPAIGN, drawing=drawing)
