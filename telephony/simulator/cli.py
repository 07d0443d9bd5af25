"""`paidan carrier`: run the simulator."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from telephony.simulator import mischief, scenario
from telephony.simulator.server import ACCOUNT, TOKEN, Simulator, Wish

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def carrier(
    port: Annotated[int, typer.Option(help="Port on loopback; 0: any free one / 端口")] = 4010,
    speed: Annotated[
        float,
        typer.Option(
            min=0,
            envvar="PAIDAN_CLOCK_SPEED",
            help="Virtual seconds per second; 0: stands still / 倍速",
        ),
    ] = 1.0,
    seed: Annotated[int, typer.Option(help="The same seed, the same dice / 随机种子")] = 1,
    scenario_file: Annotated[
        Path | None, typer.Option("--scenario", help="TOML or JSON / 场景文件")
    ] = None,
    mischief_: Annotated[
        list[str] | None, typer.Option("--mischief", help="Such as drop=0.05; repeatable / 故障")
    ] = None,
    rewrite: Annotated[
        list[str] | None,
        typer.Option(help="PUBLIC=LOCAL: where a public address is here; repeatable / 地址改写"),
    ] = None,
    calls_per_second: Annotated[
        float, typer.Option(min=0.01, help="Calls dialled per second / 每秒呼出")
    ] = 1.0,
    messages_per_second: Annotated[
        float, typer.Option(min=0.01, help="Messages sent per second / 每秒短信")
    ] = 10.0,
    most_requests: Annotated[
        int, typer.Option(min=1, help="Requests at once before 429 / 并发上限")
    ] = 50,
    account: Annotated[
        str, typer.Option(envvar="PAIDAN_TWILIO_ACCOUNT_SID", help="Account / 账户")
    ] = ACCOUNT,
    token: Annotated[
        str,
        typer.Option(envvar="PAIDAN_TWILIO_AUTH_TOKEN", show_default=False, help="Token / 令牌"),
    ] = TOKEN,
    clock_start: Annotated[
        str | None, typer.Option(envvar="PAIDAN_CLOCK_START", help="Virtual time begins / 起始时间")
    ] = None,
    clock_from: Annotated[
        str | None, typer.Option(envvar="PAIDAN_CLOCK_FROM", help="… at this real time / 起算时刻")
    ] = None,
    catch_up: Annotated[
        bool,
        typer.Option(
            "--catch-up", envvar="PAIDAN_CLOCK_CATCH_UP", help="Never pass real time / 追上实际时间"
        ),
    ] = False,
    keep: Annotated[
        int | None, typer.Option(min=100, help="Keep so much of what is over; all / 保留条数")
    ] = None,
) -> None:
    """Stand in for the carrier on this machine, until Ctrl-C / 运营商模拟器."""
    try:
        wish = Wish(
            port=port,
            account=account,
            token=token,
            speed=speed,
            seed=seed,
            start=_moment(clock_start, "clock-start"),
            anchor=_moment(clock_from, "clock-from"),
            catch_up=catch_up,
            keep=keep,
            calls_per_second=calls_per_second,
            messages_per_second=messages_per_second,
            most_requests=most_requests,
            rewrites=dict(_pair(word) for word in rewrite or ()),
            rates=mischief.parse(mischief_ or []),
            scenario=scenario.load(scenario_file, seed) if scenario_file else scenario.Scenario(),
        )
    except (ValueError, OSError) as error:
        raise typer.BadParameter(str(error)) from None

    def ready(at: int) -> None:
        typer.echo(f"carrier http://127.0.0.1:{at} account {account}")

    asyncio.run(Simulator(wish).run(ready))


def _pair(word: str) -> tuple[str, str]:
    public, _, local = word.partition("=")
    if not public.startswith("http") or not local.startswith("http"):
        raise ValueError(f"rewrite {word}: must be PUBLIC=LOCAL, both http or https")
    return public, local


def _moment(text: str | None, name: str) -> datetime | None:
    if text is None:
        return None
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{name}: must have a time zone")
    return at
