"""Words for acts and states of tickets in both languages."""

STATES: dict[str, tuple[str, str]] = {
    "open": ("待处理", "open"),
    "ordered": ("已建工单", "with an order"),
    "merged": ("已合并到工单", "merged into an order"),
    "transferred": ("已转办", "transferred"),
    "returned": ("已退回", "returned"),
    "answered": ("已答复", "answered"),
    "follow_up": ("待回访", "waiting for the follow-up call"),
    "closed": ("已归档", "closed"),
}
ACTS: dict[str, tuple[str, str]] = {
    "order": ("建工单", "made into an order"),
    "merge": ("合并", "merged"),
    "unmerge": ("撤销合并", "unmerged"),
    "transfer": ("转办", "transferred"),
    "return": ("退回", "returned"),
    "contact": ("联系客户", "contacted"),
    "answer": ("答复", "answered"),
    "follow_up": ("转入回访", "followed up"),
    "close": ("归档", "closed"),
    "settle": ("归档", "closed"),
    "reopen": ("重新打开", "reopened"),
}
RELATIONS = (
    ("same_cause", "同一原因", "same cause"),
    ("follow_up_of", "由其引起", "follows from"),
    ("see_also", "相关", "see also"),
)
MERGE_REASONS = (
    ("same_fault", "同一故障", "same fault"),
    ("same_line", "同一线路", "same line"),
    ("same_caller", "同一客户", "same customer"),
    ("other", "其他原因", "another reason"),
)
UNMERGE_REASONS = (
    ("different_fault", "不是同一故障", "a different fault"),
    ("mistake", "操作失误", "a mistake"),
    ("other", "其他原因", "another reason"),
)
RETURN_REASONS = (
    ("place_unclear", "地点不清", "place unclear"),
    ("customer_unclear", "客户信息不清", "customer unclear"),
    ("wrong_type", "类型有误", "wrong type"),
    ("incomplete", "内容不完整", "incomplete"),
    ("other", "其他原因", "another reason"),
)
TRANSFER_REASONS = (
    ("other_department", "属其他部门", "belongs to another department"),
    ("needs_expert", "需专业人员", "needs an expert"),
    ("needs_approval", "需审批", "needs approval"),
    ("other", "其他原因", "another reason"),
)
REOPEN_REASONS = (
    ("not_solved", "问题未解决", "not solved"),
    ("answer_wrong", "答复有误", "the answer was wrong"),
    ("closed_by_mistake", "误归档", "closed by mistake"),
    ("other", "其他原因", "another reason"),
)
CLOSE_WAYS = (
    ("answered", "已答复", "answered"),
    ("solved", "已解决", "solved"),
    ("withdrawn", "客户撤回", "withdrawn"),
    ("unreachable", "联系不上客户", "customer unreachable"),
    ("duplicate", "重复", "duplicate"),
    ("other", "其他", "something else"),
)
HIDE_REASONS = (
    ("wrong_file", "传错文件", "wrong file"),
    ("personal", "含个人信息", "personal data"),
    ("unreadable", "无法查看", "cannot be read"),
    ("other", "其他原因", "another reason"),
)
TAKE_OVER_REASONS = (
    ("agent_left", "坐席已离开", "the agent has left"),
    ("agent_busy", "坐席正忙", "the agent is busy"),
    ("urgent", "紧急", "urgent"),
    ("other", "其他原因", "another reason"),
)
OUTCOMES = (
    ("reached", "已接通", "reached"),
    ("not_reached", "未接通", "not reached"),
    ("refused", "拒绝回访", "refused"),
)
SATISFACTIONS = (
    ("satisfied", "满意", "satisfied"),
    ("neutral", "一般", "neutral"),
    ("dissatisfied", "不满意", "dissatisfied"),
)
FOLLOW_ONS = (
    ("made_safe", "已隔离，待修复", "made safe, to be repaired"),
    ("other_trade", "转其他工种", "another trade"),
    ("second_crew", "增派班组", "a second crew"),
    ("materials", "等待材料", "waits for materials"),
    ("appointment", "预约上门", "by appointment"),
)
KINDS = (
    ("fault_repair", "故障报修", "fault repair"),
    ("enquiry", "咨询", "enquiry"),
    ("complaint", "投诉", "complaint"),
    ("report", "举报", "report of misconduct"),
    ("opinion", "意见", "opinion"),
    ("suggestion", "建议", "suggestion"),
    ("service_request", "服务申请", "service request"),
    ("praise", "表扬", "praise"),
)
CHANNELS = (
    ("phone", "电话", "telephone"),
    ("web", "网页", "web form"),
    ("sms", "短信", "text message"),
    ("api", "接口", "partner"),
    ("12345", "12345政务热线转办", "handed over by hotline 12345"),
    ("12398", "12398监管热线转办", "handed over by hotline 12398"),
)
