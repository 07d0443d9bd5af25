"""Captured messages that we read otherwise than the peer does, and by which clause."""

JT808 = "jt808/Jt808ProtocolDecoderTest.testDecode"
ANSWERED = "JT/T 808-2013, 6.1.2.1: all that the terminal sends of itself is answered (0x8001)"

DIFFERENCES: dict[str, str] = {
    "gt06/Gt06ProtocolDecoderTest.testDecode/023": (
        "GT06 general protocol, alarm packet: nothing stands between the status and the serial "
        "number; the peer reads the end of the frame, 0D 0A, as an altitude of 3,338 m"
    ),
    "tk103/Tk103ProtocolDecoderTest.testDecode/017": (
        "TK103 protocol, position data: the date is YYMMDD, as in every message without a comma "
        "behind the identity. The peer reads it the other way round, and comes to 2004."
    ),
    "tk103/Tk103ProtocolDecoderTest.testDecode/029": (
        "TK103 protocol, position data: the month is 01 to 12. This device has no fix and tells "
        "month 00; the peer counts back to a day of 1999, we say that there is no time."
    ),
    "gl200/Gl200BinaryProtocolDecoderTest.testDecode/000": (
        "@Track in binary: its layout is not published; it is cut and refused, text is read"
    ),
    f"{JT808}/007": ANSWERED,
    f"{JT808}/017": ANSWERED,
    **dict.fromkeys(
        (
            "owntracks/OwnTracksProtocolDecoderTest.testDecode/002",
            "owntracks/OwnTracksProtocolDecoderTest.testDecode/004",
            "owntracks/OwnTracksProtocolDecoderTest.testDecode/005",
        ),
        "OwnTracks Booklet, HTTP: the answer is a JSON array, [] where there is nothing to tell; "
        "the peer sends an empty body",
    ),
}
"""Id of the message → the clause of the standard, or why the peer's result cannot be meant."""
