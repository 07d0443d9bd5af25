"""Function rights by role, record rights by organisation. docs/rights.md shows the table."""

from enum import StrEnum


class Scope(StrEnum):
    """Which records a role sees: the hotline all, a centre its own, a crew its own."""

    ALL = "all"
    CENTRE = "centre"
    CREW = "crew"


class Right(StrEnum):
    """What somebody may do. A route or a live topic names exactly one."""

    SELF = "self"
    BOARD = "board.view"
    ORDER_VIEW = "order.view"
    TICKET_FILE = "ticket.file"
    ORDER_FILE = "order.file"
    ORDER_RELEASE = "order.release"
    ORDER_RECALL = "order.recall"
    ORDER_CENTRE = "order.centre"
    ORDER_DISPATCH = "order.dispatch"
    ORDER_CLOSE = "order.close"
    CREW_ACT = "crew.act"
    CREW_AWAY = "crew.away"
    STAMP_CORRECT = "stamp.correct"
    ALERT_ACK = "alert.acknowledge"
    REPORT_VIEW = "report.view"
    HOLD_ASK = "hold.ask"
    HOLD_DECIDE = "hold.decide"
    REVIEW_VIEW = "review.view"
    REVIEW_APPEAL = "review.appeal"
    REVIEW_RULE = "review.rule"
    CALL_VIEW = "call.view"
    CALL_TAKE = "call.take"
    CALL_ANSWER = "call.answer"
    CALL_SUPERVISE = "call.supervise"
    HOTLINE_REPORT = "hotline.report"
    CALL_ANNOUNCE = "call.announce"
    RECORDING_LISTEN = "recording.listen"
    RECORDING_MANAGE = "recording.manage"
    NOTICE_VIEW = "notice.view"
    NOTICE_SEND = "notice.send"
    OUTBOX_ADMIN = "outbox.admin"
    DIRECTORY_VIEW = "directory.view"
    DIRECTORY_EDIT = "directory.edit"
    DIRECTORY_IMPORT = "directory.import"
    PERSONAL_VIEW = "personal.view"
    PERSONAL_UNMASK = "personal.unmask"
    PERSONAL_REVIEW = "personal.review"
    ORGANISATION_VIEW = "organisation.view"
    ORGANISATION_ADMIN = "organisation.admin"
    ROSTER_MANAGE = "roster.manage"
    PLACE_REVIEW = "place.review"
    TICKET_VIEW = "ticket.view"
    TICKET_ANSWER = "ticket.answer"
    TICKET_WORK = "ticket.work"
    TICKET_MERGE = "ticket.merge"
    FOLLOWUP_VIEW = "followup.view"
    FOLLOWUP_WORK = "followup.work"
    ORDER_FOLLOW_ON = "order.follow_on"
    FLEET_VIEW = "fleet.view"
    FENCE_MANAGE = "fence.manage"
    ORDER_SITE = "order.site"


class Role(StrEnum):
    AGENT = "agent"
    SHIFT_LEAD = "shift_lead"
    DISPATCHER = "dispatcher"
    CREW = "crew"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"

    @property
    def scope(self) -> Scope:
        return _SCOPES[self]


_SCOPES = {
    Role.AGENT: Scope.ALL,
    Role.SHIFT_LEAD: Scope.ALL,
    Role.DISPATCHER: Scope.CENTRE,
    Role.CREW: Scope.CREW,
    Role.SUPERVISOR: Scope.ALL,
    Role.ADMINISTRATOR: Scope.ALL,
}

_AGENT = {
    Right.SELF,
    Right.BOARD,
    Right.ORDER_VIEW,
    Right.TICKET_FILE,
    Right.ORDER_FILE,
    Right.CALL_VIEW,
    Right.CALL_TAKE,
    Right.CALL_ANSWER,
    Right.RECORDING_LISTEN,
    Right.NOTICE_VIEW,
    Right.DIRECTORY_VIEW,
    Right.DIRECTORY_EDIT,
    Right.PERSONAL_VIEW,
    Right.HOLD_ASK,
    Right.ORGANISATION_VIEW,
    Right.TICKET_VIEW,
    Right.TICKET_ANSWER,
    Right.TICKET_WORK,
    Right.TICKET_MERGE,
    Right.FOLLOWUP_VIEW,
    Right.FOLLOWUP_WORK,
}
_RIGHTS: dict[Role, frozenset[Right]] = {
    Role.AGENT: frozenset(_AGENT),
    Role.SHIFT_LEAD: frozenset(
        _AGENT
        | {
            Right.CALL_SUPERVISE,
            Right.CALL_ANNOUNCE,
            Right.NOTICE_SEND,
            Right.ORDER_RELEASE,
            Right.ORDER_RECALL,
            Right.ORDER_CLOSE,
            Right.HOLD_DECIDE,
            Right.REVIEW_VIEW,
            Right.REVIEW_APPEAL,
            Right.ALERT_ACK,
            Right.REPORT_VIEW,
            Right.HOTLINE_REPORT,
            Right.PLACE_REVIEW,
            Right.ORDER_FOLLOW_ON,
            Right.ORDER_SITE,
            Right.FLEET_VIEW,
        }
    ),
    Role.DISPATCHER: frozenset(
        {
            Right.SELF,
            Right.BOARD,
            Right.ORDER_VIEW,
            Right.ORDER_CENTRE,
            Right.ORDER_DISPATCH,
            Right.HOLD_ASK,
            Right.HOLD_DECIDE,
            Right.REVIEW_VIEW,
            Right.REVIEW_APPEAL,
            Right.CREW_AWAY,
            Right.ALERT_ACK,
            Right.REPORT_VIEW,
            Right.DIRECTORY_VIEW,
            Right.PERSONAL_UNMASK,
            Right.ORGANISATION_VIEW,
            Right.ROSTER_MANAGE,
            Right.ORDER_FOLLOW_ON,
            Right.ORDER_SITE,
            Right.TICKET_VIEW,
            Right.TICKET_ANSWER,
            Right.FLEET_VIEW,
            Right.FENCE_MANAGE,
        }
    ),
    Role.CREW: frozenset({Right.SELF, Right.ORDER_VIEW, Right.CREW_ACT, Right.CREW_AWAY}),
    Role.SUPERVISOR: frozenset(
        {
            Right.SELF,
            Right.BOARD,
            Right.ORDER_VIEW,
            Right.REPORT_VIEW,
            Right.HOTLINE_REPORT,
            Right.STAMP_CORRECT,
            Right.HOLD_DECIDE,
            Right.REVIEW_VIEW,
            Right.REVIEW_RULE,
            Right.ALERT_ACK,
            Right.CALL_VIEW,
            Right.CALL_SUPERVISE,
            Right.RECORDING_LISTEN,
            Right.RECORDING_MANAGE,
            Right.CALL_ANNOUNCE,
            Right.NOTICE_VIEW,
            Right.NOTICE_SEND,
            Right.DIRECTORY_VIEW,
            Right.PERSONAL_UNMASK,
            Right.PERSONAL_REVIEW,
            Right.ORGANISATION_VIEW,
            Right.PLACE_REVIEW,
            Right.TICKET_VIEW,
            Right.FOLLOWUP_VIEW,
            Right.FLEET_VIEW,
            Right.FENCE_MANAGE,
        }
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            Right.SELF,
            Right.BOARD,
            Right.ORDER_VIEW,
            Right.REPORT_VIEW,
            Right.HOTLINE_REPORT,
            Right.REVIEW_VIEW,
            Right.OUTBOX_ADMIN,
            Right.DIRECTORY_VIEW,
            Right.DIRECTORY_IMPORT,
            Right.PERSONAL_UNMASK,
            Right.PERSONAL_REVIEW,
            Right.ORGANISATION_VIEW,
            Right.ORGANISATION_ADMIN,
            Right.ROSTER_MANAGE,
            Right.PLACE_REVIEW,
            Right.FLEET_VIEW,
            Right.FENCE_MANAGE,
        }
    ),
}


def rights_of(role: Role) -> frozenset[Right]:
    """The function rights of a role."""
    return _RIGHTS[role]
