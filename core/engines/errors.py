"""What can go wrong with embedded servers, in words that a person can act on."""

from core.errors import Problem


class EnginesUnavailable(Problem):
    """This machine has no embedded servers."""

    status = 503
    code = "engines_unavailable"
    zh = (
        "本机没有可用的内置 PostgreSQL/Valkey（{why}）。"
        "请用 PAIDAN_DATABASE_URL 和 PAIDAN_REDIS_URL 指定自己的服务器。"
    )
    en = (
        "There is no embedded PostgreSQL/Valkey for this machine ({why}). "
        "Name your own servers with PAIDAN_DATABASE_URL and PAIDAN_REDIS_URL."
    )


class EngineFailed(Problem):
    """A server does not start or answer; `log` holds its last lines."""

    status = 503
    code = "engine_failed"
    zh = "{engine} 无法启动：{why}"
    en = "{engine} does not start: {why}\n{log}"


class EnginesBusy(Problem):
    """Another process owns the servers of this data directory and does not let go."""

    status = 503
    code = "engines_busy"
    zh = "数据目录 {data_dir} 正由进程 {pid}（{role}）使用。"
    en = "The data directory {data_dir} is in use by process {pid} ({role})."


class OwnerUnknown(EnginesBusy):
    """The owner's lock is held, but nothing says by whom."""

    zh = (
        "数据目录 {data_dir} 正被另一进程使用（owner.lock 已被持有），"
        "但说明由谁使用的 run.json 不见了；请先停止该进程（例如 paidan up）再试。"
    )
    en = (
        "The data directory {data_dir} is in use (owner.lock is held), but run.json, which says "
        "by whom, is missing; stop that process (paidan up, for example) and try again."
    )


class DataDirUnusable(Problem):
    """The data directory cannot be made or written to."""

    status = 500
    code = "data_dir_unusable"
    zh = "数据目录 {data_dir} 无法使用：{why}。请用 --data-dir 或 PAIDAN_DATA_DIR 另选一个。"
    en = (
        "The data directory {data_dir} cannot be used: {why}. "
        "Choose another with --data-dir or PAIDAN_DATA_DIR."
    )
