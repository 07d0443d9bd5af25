"""Captured messages that we read otherwise than the peer does, and by which clause."""

DIFFERENCES: dict[str, str] = {
    "gt06/Gt06ProtocolDecoderTest.testDecode/023": (
        "GT06 general protocol, alarm packet: nothing stands between the status and the serial "
        "number; the peer reads the end of the frame, 0D 0A, as an altitude of 3,338 m"
    ),
}
"""Id of the message → the clause of the standard, or why the peer's result cannot be meant."""
