"""The speedrun of lesson 33: the best digits that can be learnt, and drawn, in a hundred seconds of processor time.

An entry is a .py file or a notebook that defines

    train(images, labels, seconds, seed) -> sample

images: (4000, 1, 28, 28), float32, grey values in [0, 1]; labels: (4000,), int64; seconds: of processor time, for
everything; seed: a whole number. What it returns is called once, as sample(1000), without gradients, and answers with
1000 images (1000, 1, 28, 28), floating, in [0, 1]. What is measured is their Fréchet distance (genlab.metrics) to
the images that were given: lower is better.

One clock counts for all: it begins with the file's first statement, runs while `train` trains, and stops when the
samples are there. `time.process_time()` reads it. So nothing is won by training in the sampler, and a sampler
that needs few evaluations leaves more time to learn.

    probe    what runs beside the entry, in a worker of the grader's sandbox
    race     an entry's file to tensors, or to a sentence that says why there are none
    score    tensors to numbers; copies of real digits are refused
    command  `genlab speedrun`
"""
