"""What to write down before the lesson shows or measures it: no points, checked in the notebook only."""

from grading.checks.exercise import Classification, Prediction

bands = Prediction(
    id="speech-predict-bands", value=19, tolerance=3,
    says="The ear tells low frequencies apart much better than high ones: more of the 48 bands lie there than even spacing would put.",
    right="Right: 19 of 48. More than a third of the bands look at less than a fifth of the frequencies, where most of a voice is.",
    hints=["Evenly spaced in Hz there would be 8 below 1000 Hz. The ear wants more than that there.",
           "1000 Hz is 1000 mel, and 5512.5 Hz is 2460 mel. The 48 peaks and two ends make 49 equal steps of 50.2 mel.",
           "1000 / 50.2 = 19.9: the first 19 peaks."],
    mistakes={
        8.0: "That is with bands evenly spaced in Hz. The ear tells low frequencies apart better than high ones.",
        24.0: "Nearly: half of the bands lie below 1230 mel, which is about 1390 Hz.",
        40.0: "So many would leave hardly any band for the hiss of s and f, which lies above 3000 Hz.",
        1000.0: "How many of the 48 bands? Not at which frequency.",
    },
)

stop = Prediction(
    id="speech-predict-stop", value=97.5, tolerance=0.3,
    says="It is wrong at one step of 40. How many per cent of the steps is it right at?",
    right="Right: 39 of 40, and it never stops. A number that looks so good says nothing when one label is rare.",
    hints=["At which of the 40 steps is it wrong?", "It is right at 39 of 40 steps.", "100 · 39 / 40."],
    mistakes={
        2.5: "That is the share at which it is wrong.",
        0.975: "In per cent, please: 100 times as much.",
        50.0: "Labels of 0 and 1 are not equally frequent here: 39 steps against one.",
        95.0: "Only the last step is wrong, one of 40: an error of 2.5 per cent.",
        99.0: "That would be one step of 100. Here there are 40.",
        100.0: "The last step is one of the 40, and there it is wrong.",
    },
)

FAULTS = ("none", "no guided attention", "no place", "no stop token")

faults = Classification(
    id="speech-predict-faults", choices=FAULTS,
    value={"A": "no place", "B": "no guided attention", "C": "none", "D": "no stop token"},
    says="Look at {thing} again: is there a line, does it go on from letter to letter, and what happens after the last one?",
    right="Right: an alignment shows what went wrong before anybody has heard anything.",
    hints=["Ask three things: is there a line at all, does it get on from letter to letter, and does it end where the sentence does?",
           "Without guidance a short training finds no line. An attention that does not know where it has been does not know when to go "
           "on. A voice that nobody stops goes on after the last letter.",
           "A: no place; B: no guided attention; C: none; D: no stop token."],
    mistakes={
        ("A", "none"): "A's map is no walk from the first letter to the last. What would an attention need to know in order to go on?",
        ("A", "no guided attention"): "A network that was trained briefly without guidance spreads its weight over many letters at once.",
        ("A", "no stop token"): "A voice without a stop token walks as it should, and only then goes on.",
        ("B", "none"): "B shows no line: every step looks at many letters.",
        ("B", "no place"): "B is a blur from the start. The voice without location features had learnt to look at a few letters at a time.",
        ("B", "no stop token"): "Without a stop token the walk itself is right. B shows no walk.",
        ("C", "no stop token"): "C ends where its last letter ends.",
        ("D", "none"): "D reads well up to its last letter. And then?",
    },
)

predictions = [bands, stop, faults]
