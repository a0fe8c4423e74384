"""What to write down before lesson 51 shows or measures it: no points, checked in the notebook only."""

from grading.checks.exercise import Classification, Prediction

pairs = Prediction(
    id="ldm-predict-pairs", value=256, tolerance=0.5,
    says="Count the places of each, then the pairs: every place is compared with every place.",
    right="Right: 1024 places against 64 are 16 times fewer, and the pairs are the square of that: 256 times fewer.",
    hints=["How many places has an image of 32 x 32 pixels, and how many have the latents?",
           "1024 and 64 places. Self-attention compares each place with each one: 1024² and 64² pairs.", "1024² / 64² = 16²."],
    mistakes={
        16: "Those are the places. Each is compared with all of them, so the pairs are the square.",
        6: "Those are the numbers, 3 · 32 · 32 against 8 · 8 · 8. Attention compares places, whatever each of them holds.",
        4: "That is one side of the image, 32 against 8. There are two sides, and pairs of places.",
        64: "Places are the square of a side, and pairs the square of places: the fourth power of 32 / 8.",
    },
)

PICTURES = ("any shape, any colour", "the right colour, often the shape", "as asked more often still")

guidance = Classification(
    id="ldm-predict-guidance", choices=PICTURES,
    value={"weight 0": "any shape, any colour", "weight 1": "the right colour, often the shape", "weight 3": "as asked more often still"},
    says="Think of lesson 32's plane: which prompt does the sampler follow at {thing}, the empty one, the one asked for, or something beyond?",
    right="Right: at 0 the words are not heard, at 1 the model draws as it has learnt, beyond 1 it goes on in the same direction.",
    hints=["Put the weight into v_empty + w (v_prompt - v_empty). Which of the two is left at 0, and which at 1?",
           "At 0 the empty prompt alone, at 1 the prompt alone. Beyond 1 whatever could belong to another prompt is given up.",
           "0: any shape; 1: the right colour, often the shape; 3: as asked more often still."],
    mistakes={
        ("weight 0", "the right colour, often the shape"): "At 0 the prompt's answer falls out of the formula: the words are not heard at all.",
        ("weight 1", "any shape, any colour"): "At 1 the empty prompt's answer falls out: it is the model for this prompt.",
        ("weight 3", "any shape, any colour"): "Three times the way to the prompt does not lead away from it.",
    },
)

FAULTS = ("none", "pixels left in [-1, 1]", "times 0 … num_steps - 1", "prompt in neither half")

faults = Classification(
    id="ldm-predict-faults", choices=FAULTS,
    value={"A": "times 0 … num_steps - 1", "B": "prompt in neither half", "C": "none", "D": "pixels left in [-1, 1]"},
    says="Look at grid {thing} again: are there clean shapes, are they those of the prompts, and are they as bright as the data?",
    right="Right: none of these faults raises an error, and each leaves its mark: noise, disobedience, or colours that are too dark.",
    hints=["In which grids are there shapes at all? In which do rows follow their prompts?",
           "A chain of the cleanest times alone leaves the start's noise in place; without the prompt shapes are clean and arbitrary; a wrong "
           "range of pixels shows in the paper.",
           "A: times; B: no prompt; C: none; D: pixels."],
)

predictions = [pairs, guidance, faults]
