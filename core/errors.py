"""Errors that a caller can act on. Each names the situation and carries an HTTP status.

The API renders them as `application/problem+json` (RFC 9457) in the reader's language.
Anything that is not a `Problem` is unexpected: it propagates and becomes a 500.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one field. `field` is a path such as `body.centre_id`."""

    field: str
    message: str
    message_zh: str | None = None

    def sentence(self, language: str) -> str:
        """What is wrong, in `zh` or `en`."""
        return self.message_zh if language == "zh" and self.message_zh else self.message


class Problem(Exception):
    """Base of all errors that reach a person. `zh` and `en` are format strings over `params`."""

    status = 400
    code = "problem"
    zh = "请求无法处理。"
    en = "The request cannot be processed."

    def __init__(self, *, errors: Sequence[FieldError] = (), **params: object) -> None:
        self.params = params
        self.errors = tuple(errors)
        super().__init__(self.sentence("en"))

    def sentence(self, language: str) -> str:
        """The sentence in `zh` or `en`."""
        return (self.zh if language == "zh" else self.en).format(**self.params)


class NotFound(Problem):
    status = 404
    code = "not_found"
    zh = "找不到{what_zh} {id}。"
    en = "There is no {what} {id}."
    _WHAT = MappingProxyType(
        {
            "order": "工单",
            "hold": "暂停申请",
            "anomaly": "异常",
            "review": "复核",
            "call": "通话",
            "assignment": "派单",
            "ticket": "受理单",
            "follow-up": "回访",
            "attachment": "附件",
            "guide": "引导问题",
            "receipt": "回执",
            "proposal": "更正建议",
            "crew": "班组",
            "unit": "单位",
            "member": "人员",
            "shift": "班次",
            "user": "账号",
            "vehicle": "车辆",
            "fence": "围栏",
            "device": "设备",
            "contest": "设备号争用",
            "stranger": "陌生设备",
            "centre": "报修中心",
            "hotline": "热线",
            "SLA": "告警",
            "page": "地址",
            "dead letter": "失败任务",
            "routing row": "路由行",
            "customer": "客户",
            "node": "设备",
            "note": "备注",
            "phone": "电话",
            "record": "记录",
            "import": "导入",
            "offer": "来电提醒",
            "callback": "回拨",
            "policy": "时限政策",
            "calendar": "日历",
            "suppression": "退订记录",
            "campaign": "群发通知",
            "recording": "录音",
        }
    )

    def __init__(self, *, what: str, id: object = "") -> None:
        super().__init__(what=what, what_zh=self._WHAT.get(what, what), id=id)


class NotAuthenticated(Problem):
    status = 401
    code = "not_authenticated"
    zh = "请先登录。"
    en = "Please log in first."


class WrongCredentials(NotAuthenticated):
    code = "wrong_credentials"
    zh = "用户名或密码不正确。"
    en = "The login or the password is wrong."


class TooManyAttempts(Problem):
    status = 429
    code = "too_many_attempts"
    zh = "登录失败次数过多，请在 {seconds} 秒后再试。"
    en = "Too many failed logins; try again in {seconds} seconds."


class Forbidden(Problem):
    status = 403
    code = "forbidden"
    zh = "您没有此操作的权限：{right}。"
    en = "You do not have the right to do this: {right}."


class CsrfMissing(Forbidden):
    code = "csrf"
    zh = "请求缺少有效的 X-CSRF-Token。"
    en = "The request lacks a valid X-CSRF-Token header."


class Conflict(Problem):
    """The state has moved on."""

    status = 409
    code = "conflict"


class AlreadyDone(Conflict):
    """Somebody was first: `who_*` did `act_*` at `at` (HH:MM:SS)."""

    code = "already_done"
    zh = "{who_zh} 已于 {at} {act_zh}。"
    en = "{who_en} already {act_en} at {at}."


class NotPossibleNow(Conflict):
    """The act does not fit the present state. `act_*` and `state_*` are words."""

    code = "not_possible_now"
    zh = "工单当前为“{state_zh}”，不能{act_zh}。"
    en = "The order is {state_en}; it cannot be {act_en} now."


class RecalledMeanwhile(Conflict):
    """The centre took the order back; what the crew does with it no longer counts."""

    code = "recalled"
    zh = "工单 {number} 已于 {at} 被{who}撤回，此操作不计入。"
    en = "{who} recalled order {number} at {at}; this does not count."


class CrewBusy(Conflict):
    code = "crew_busy"
    zh = "班组正在处理工单 {number}，请先完成。"
    en = "The crew is working on order {number}; finish that one first."


class CrewAway(Conflict):
    """Nothing is sent to a crew that is away. `until_*` says when it is expected back."""

    code = "crew_away"
    zh = "{crew_zh}离岗（{reason_zh}），{until_zh}；{instead_zh}。"
    en = "{crew_en} is away ({reason_en}), {until_en}; {instead_en}."


class CrewNotAway(Conflict):
    code = "crew_not_away"
    zh = "{crew_zh}并未离岗。"
    en = "{crew_en} is not away."


class LastCrew(Conflict):
    code = "last_crew"
    zh = "{crew_zh}是本中心该工种最后一个在岗班组，不能离岗。"
    en = "{crew_en} is the last available crew of its trade at this centre; it may not go away."


class OrderExists(Conflict):
    """Somebody was first: `since_*` says who and when, where that is known."""

    code = "order_exists"
    zh = "该受理单已有工单 {number}{since_zh}。"
    en = "This ticket has order {number} already{since_en}."


class InvalidField(Problem):
    """Bad input; `errors` names each field."""

    status = 422
    code = "invalid_field"
    zh = "输入有误：{summary_zh}"
    en = "The input is not valid: {summary}"

    def __init__(self, field: str, message: str, message_zh: str | None = None) -> None:
        super().__init__(
            errors=[FieldError(field, message, message_zh)],
            summary=f"{field}: {message}",
            summary_zh=f"{field}：{message_zh or message}",
        )


class InvalidFields(InvalidField):
    """Bad input in several fields at once."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        Problem.__init__(
            self,
            errors=errors,
            summary="; ".join(f"{one.field}: {one.message}" for one in errors),
            summary_zh="；".join(f"{one.field}：{one.sentence('zh')}" for one in errors),
        )


class IdempotencyKeyMissing(Problem):
    status = 400
    code = "idempotency_key_missing"
    zh = "写操作须带 Idempotency-Key 请求头（1 至 128 个可见字符）。"
    en = "Every write needs an Idempotency-Key header (1 to 128 visible characters)."


class IdempotencyKeyReused(Problem):
    status = 422
    code = "idempotency_key_reused"
    zh = "此 Idempotency-Key 已用于另一个请求。"
    en = "This Idempotency-Key was used for a different request."


class BadSignature(Problem):
    status = 403
    code = "bad_signature"
    zh = "运营商签名不正确。"
    en = "The carrier's signature is wrong."


class Unavailable(Problem):
    status = 503
    code = "unavailable"
    zh = "{what}暂时不可用。"
    en = "{what} is not available at the moment."
