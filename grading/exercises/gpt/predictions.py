"""What to write down before the lesson shows or measures it: no points, checked in the notebook only."""

import math

from grading.checks.exercise import Classification, Prediction

uniform = Prediction(
    id="gpt-predict-uniform", value=6.0, tolerance=0.01,
    says="Each of 64 equally likely letters has the probability 1/64; it costs minus the logarithm to base 2 of that.",
    right="Right: log₂ 64 = 6 bits, six questions with yes or no. That is where a model starts that has learnt nothing.",
    hints=["How many questions with yes or no single out one of 64 things?",
           "Each question halves what is left. The cost is -log₂ (1/64).",
           "64 = 2⁶."],
    mistakes={
        math.log(64): "That is in nats, by the natural logarithm. In bits it is log₂ 64.",
        64.0: "That is the perplexity, the number of equally likely letters. Its logarithm to base 2 is asked for.",
        1 / 64: "That is the probability of each letter. It costs -log₂ of it.",
        32.0: "Half of the letters on average would be gone through one by one. Halving them each time is quicker: log₂ 64.",
        8.0: "A byte has 8 bits and could name 256 letters. For 64 fewer do.",
        math.log10(64): "That is the logarithm to base 10. Bits take base 2.",
    },
)

perplexity = Prediction(
    id="gpt-predict-perplexity", value=4.0, tolerance=0.01,
    says="Perplexity is 2 to the power of the bits: the number of equally likely letters that would cost as much.",
    right="Right: 2² = 4. The model is as unsure as somebody who has to choose among four equally likely letters.",
    hints=["How many equally likely letters cost 2 bits each?", "2 to the power of the bits.", "2 · 2."],
    mistakes={
        math.exp(2): "e to the power belongs to nats. For bits the base is 2.",
        2.0: "That is the cost itself. Perplexity is 2 to the power of it.",
        1.0: "Perplexity 1 is certainty: 0 bits.",
        0.25: "That is the probability that a letter has on (geometric) average; perplexity is 1 over it.",
        2 * math.log(2): "That turns bits into nats; take the exponential of it, too.",
        100.0: "10 to the power of it belongs to decimal digits. For bits the base is 2.",
    },
)

cache = Prediction(
    id="gpt-predict-cache", value=5050, tolerance=0.5,
    says="For the first new letter the network reads 1 token, for the second 2, … and for the hundredth 100. Add them up.",
    right="Right: 1 + 2 + … + 100 = 100 · 101 / 2 = 5050, where 100 would do if nothing had to be read twice.",
    hints=["Without a memory, what does the network read before it writes the third letter?",
           "Everything that stands there, each time: 1, then 2, then 3 tokens.",
           "The sum of the first n whole numbers is n (n + 1) / 2."],
    mistakes={
        100.0: "That is with a memory: each token read once. Here everything is read again for each letter.",
        10_000.0: "The text is not 100 tokens long from the start: for the first letter only 1 token is read.",
        4950.0: "That is 1 + … + 99. There is one token before the first new letter, so the hundredth is written after 100.",
        5151.0: "That is 1 + … + 101. The hundredth letter is written after 100 tokens and is not read any more.",
        5000.0: "Nearly: half of 100², and half of 100 more.",
        101.0: "Each token is read many times without a memory: once for every letter that is written after it.",
    },
)

FAULTS = ("none", "no mask", "targets not shifted", "temperature 3")

faults = Classification(
    id="gpt-predict-faults", choices=FAULTS,
    value={"A": "targets not shifted", "B": "temperature 3", "C": "no mask", "D": "none"},
    says="Look at {thing} again: what does its training loss claim, and what does its text do?",
    right="Right: a loss that is too good to be true cheats, and how it cheats shows in what it writes. A fault in sampling "
          "leaves the loss as it was.",
    hints=["First sort by training loss: below one bit for text of this kind nobody is honest after so few steps.",
           "Who sees the next letter during training has learnt to copy it from the right. Who predicts the letter it was "
           "just given says that letter again.",
           "A repeats itself, C has a loss near 0 and writes nonsense, B and D have the same loss and differ in their texts."],
    mistakes={
        ("A", "no mask"): "A repeats one letter. It has learnt to say what it has just been given, for which no look ahead is "
                          "needed.",
        ("A", "none"): "A claims nearly 0 bits, and repeats one letter.",
        ("A", "temperature 3"): "A high temperature makes a text wild. A's is the tamest of all.",
        ("B", "none"): "B's loss is honest. Its text uses letters that hardly occur: something happened after the training.",
        ("B", "no mask"): "B's training loss is as high as D's. A model that sees the answer has a lower one.",
        ("C", "targets not shifted"): "C does not repeat itself. It was given the answer from the right, and now nothing stands "
                                      "there.",
        ("C", "none"): "C claims far fewer bits than D after as many steps. Where could it have read the answer?",
        ("C", "temperature 3"): "A temperature changes what is drawn, not the training loss, and C's is too good to be true.",
        ("D", "temperature 3"): "D's text has the rhythm of words. At temperature 3 rare letters are nearly as likely as others.",
        ("D", "no mask"): "D's training loss is the highest, with B's: it had to guess.",
    },
)

predictions = [uniform, perplexity, cache, faults]
