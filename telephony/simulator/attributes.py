"""Which attributes each verb knows, as the carrier documents them."""

ATTRIBUTES: dict[str, frozenset[str]] = {
    "Say": frozenset(
        {
            "language",
            "loop",
            "voice",
        }
    ),
    "Play": frozenset(
        {
            "digits",
            "loop",
        }
    ),
    "Pause": frozenset(
        {
            "length",
        }
    ),
    "Gather": frozenset(
        {
            "action",
            "actionOnEmptyResult",
            "bargeIn",
            "debug",
            "enhanced",
            "finishOnKey",
            "hints",
            "input",
            "language",
            "maxSpeechTime",
            "method",
            "numDigits",
            "partialResultCallback",
            "partialResultCallbackMethod",
            "profanityFilter",
            "speechModel",
            "speechTimeout",
            "timeout",
        }
    ),
    "Enqueue": frozenset(
        {
            "action",
            "maxQueueSize",
            "method",
            "waitUrl",
            "waitUrlMethod",
            "workflowSid",
        }
    ),
    "Dial": frozenset(
        {
            "action",
            "answerOnBridge",
            "callerId",
            "events",
            "hangupOnStar",
            "method",
            "passports",
            "record",
            "recordingConfigurationId",
            "recordingStatusCallback",
            "recordingStatusCallbackEvent",
            "recordingStatusCallbackMethod",
            "recordingTrack",
            "referMethod",
            "referUrl",
            "ringTone",
            "sequential",
            "timeLimit",
            "timeout",
            "trim",
        }
    ),
    "Number": frozenset(
        {
            "amdStatusCallback",
            "amdStatusCallbackMethod",
            "byoc",
            "machineDetection",
            "machineDetectionSilenceTimeout",
            "machineDetectionSpeechEndThreshold",
            "machineDetectionSpeechThreshold",
            "machineDetectionTimeout",
            "method",
            "sendDigits",
            "statusCallback",
            "statusCallbackEvent",
            "statusCallbackMethod",
            "url",
        }
    ),
    "Conference": frozenset(
        {
            "beep",
            "coach",
            "endConferenceOnExit",
            "eventCallbackUrl",
            "jitterBufferSize",
            "maxParticipants",
            "muted",
            "participantLabel",
            "record",
            "recordingConfigurationId",
            "recordingStatusCallback",
            "recordingStatusCallbackEvent",
            "recordingStatusCallbackMethod",
            "region",
            "startConferenceOnEnter",
            "statusCallback",
            "statusCallbackEvent",
            "statusCallbackMethod",
            "trim",
            "waitMethod",
            "waitUrl",
        }
    ),
    "Queue": frozenset(
        {
            "method",
            "postWorkActivitySid",
            "reservationSid",
            "url",
        }
    ),
    "Record": frozenset(
        {
            "action",
            "finishOnKey",
            "maxLength",
            "method",
            "playBeep",
            "recordingConfigurationId",
            "recordingStatusCallback",
            "recordingStatusCallbackEvent",
            "recordingStatusCallbackMethod",
            "timeout",
            "transcribe",
            "transcribeCallback",
            "trim",
        }
    ),
    "Redirect": frozenset(
        {
            "method",
        }
    ),
    "Reject": frozenset(
        {
            "reason",
        }
    ),
    "Leave": frozenset(),
    "Hangup": frozenset(),
    "Message": frozenset({"to", "from", "action", "method", "statusCallback"}),
    "Body": frozenset(),
}

# Known, and without effect here: a trace entry says so.
WITHOUT_EFFECT: dict[str, frozenset[str]] = {
    "Say": frozenset({"voice"}),
    "Gather": frozenset(
        {
            "bargeIn",
            "debug",
            "enhanced",
            "hints",
            "input",
            "language",
            "maxSpeechTime",
            "partialResultCallback",
            "partialResultCallbackMethod",
            "profanityFilter",
            "speechModel",
            "speechTimeout",
        }
    ),
    "Enqueue": frozenset({"maxQueueSize", "workflowSid"}),
    "Dial": ATTRIBUTES["Dial"] - {"action", "method", "callerId", "timeout"},
    "Number": ATTRIBUTES["Number"]
    - {"statusCallback", "statusCallbackEvent", "statusCallbackMethod"},
    "Conference": frozenset(
        {
            "beep",
            "eventCallbackUrl",
            "jitterBufferSize",
            "recordingConfigurationId",
            "region",
            "trim",
        }
    ),
    "Queue": frozenset({"postWorkActivitySid", "reservationSid"}),
    "Record": frozenset(
        {
            "finishOnKey",
            "playBeep",
            "recordingConfigurationId",
            "transcribe",
            "transcribeCallback",
            "trim",
        }
    ),
}
