"""Answers to ddpm-unet: wrong ones with the sentence that names each, and right ones."""

import torch
import torch.nn.functional as F

from grading.checks.exercise import Mistake
from grading.exercises.ddpm.unet import by_centres


def _fine(net, x, time):
    return net.fine(net.enter(x), time)


def _coarse(net, fine, time):
    return net.coarse2(net.attention(net.coarse1(net.down(fine), time)), time)


def _up(coarse, fine, **options):
    return F.interpolate(coarse, size=fine.shape[2:], **options)


def _end(net, up, fine, time):
    return net.leave(net.merge(torch.cat([up, fine], 1), time))


# Known mistakes


def twice_as_large(net, x, time):
    fine = _fine(net, x, time)
    up = F.interpolate(_coarse(net, fine, time), scale_factor=2)
    return _end(net, up, fine, time)


def bilinear(net, x, time):
    fine = _fine(net, x, time)
    return _end(net, _up(_coarse(net, fine, time), fine, mode="bilinear"), fine, time)


def fine_first(net, x, time):
    fine = _fine(net, x, time)
    return net.leave(net.merge(torch.cat([fine, _up(_coarse(net, fine, time), fine)], 1), time))


def skip_of_zeros(net, x, time):
    fine = _fine(net, x, time)
    return _end(net, _up(_coarse(net, fine, time), fine), torch.zeros_like(fine), time)


def bottom_of_zeros(net, x, time):
    fine = _fine(net, x, time)
    up = _up(_coarse(net, fine, time), fine)
    return _end(net, torch.zeros_like(up), fine, time)


def skip_from_before_the_block(net, x, time):
    entered = net.enter(x)
    fine = net.fine(entered, time)
    return _end(net, _up(_coarse(net, fine, time), fine), entered, time)


def skip_detached(net, x, time):
    fine = _fine(net, x, time)
    return _end(net, _up(_coarse(net, fine, time), fine), fine.detach(), time)


def no_time(net, x, time):
    return _whole(net, x, torch.zeros_like(time))


def _whole(net, x, time):
    fine = _fine(net, x, time)
    return _end(net, _up(_coarse(net, fine, time), fine), fine, time)


def time_in_fine_alone(net, x, time):
    fine, still = _fine(net, x, time), torch.zeros_like(time)
    return _end(net, _up(_coarse(net, fine, still), fine), fine, still)


def time_not_in_merge(net, x, time):
    fine = _fine(net, x, time)
    return _end(net, _up(_coarse(net, fine, time), fine), fine, torch.zeros_like(time))


def time_not_in_coarse(net, x, time):
    fine = _fine(net, x, time)
    return _end(net, _up(_coarse(net, fine, torch.zeros_like(time)), fine), fine, time)


def first_time_for_all(net, x, time):
    return _whole(net, x, time[:1].expand_as(time))


def time_detached(net, x, time):
    return _whole(net, x, time.detach())


def no_attention(net, x, time):
    fine = _fine(net, x, time)
    coarse = net.coarse2(net.coarse1(net.down(fine), time), time)
    return _end(net, _up(coarse, fine), fine, time)


def attention_last(net, x, time):
    fine = _fine(net, x, time)
    coarse = net.attention(net.coarse2(net.coarse1(net.down(fine), time), time))
    return _end(net, _up(coarse, fine), fine, time)


def attention_first(net, x, time):
    fine = _fine(net, x, time)
    coarse = net.coarse2(net.coarse1(net.attention(net.down(fine)), time), time)
    return _end(net, _up(coarse, fine), fine, time)


def attention_added_to_itself(net, x, time):
    fine = _fine(net, x, time)
    coarse = net.coarse1(net.down(fine), time)
    coarse = net.coarse2(coarse + net.attention(coarse), time)
    return _end(net, _up(coarse, fine), fine, time)


def second_coarse_missing(net, x, time):
    fine = _fine(net, x, time)
    return _end(net, _up(net.attention(net.coarse1(net.down(fine), time)), fine), fine, time)


def first_coarse_twice(net, x, time):
    fine = _fine(net, x, time)
    coarse = net.coarse1(net.attention(net.coarse1(net.down(fine), time)), time)
    return _end(net, _up(coarse, fine), fine, time)


def coarse_order(net, x, time):
    fine = _fine(net, x, time)
    coarse = net.coarse1(net.attention(net.coarse2(net.down(fine), time)), time)
    return _end(net, _up(coarse, fine), fine, time)


def fine_left_out(net, x, time):
    entered = net.enter(x)
    return _end(net, _up(_coarse(net, entered, time), entered), entered, time)


def without_leave(net, x, time):
    fine = _fine(net, x, time)
    return net.merge(torch.cat([_up(_coarse(net, fine, time), fine), fine], 1), time)


def input_added(net, x, time):
    return x + _whole(net, x, time)


def relu_between(net, x, time):
    fine = F.relu(_fine(net, x, time))
    return _end(net, _up(_coarse(net, fine, time), fine), fine, time)


# Also right


def cut_to_fit(net, x, time):
    fine = _fine(net, x, time)
    up = F.interpolate(_coarse(net, fine, time), scale_factor=2)[:, :, :fine.shape[2], :fine.shape[3]]
    return _end(net, up, fine, time)


def step_by_step(net, x, time):
    h = net.enter(x)
    h = net.fine(h, time)
    skips = [h]
    h = net.down(h)
    h = net.coarse1(h, time)
    h = net.attention(h)
    h = net.coarse2(h, time)
    skip = skips.pop()
    h = F.interpolate(h, size=(skip.shape[-2], skip.shape[-1]), mode="nearest")
    h = torch.cat((h, skip), dim=1)
    return net.leave(net.merge(h, time))


def with_an_upsampling_layer(net, x, time):
    fine = net.fine(net.enter(x), time)
    coarse = net.coarse2(net.attention(net.coarse1(net.down(fine), time)), time)
    up = torch.nn.Upsample(size=tuple(fine.shape[-2:]))(coarse)
    return net.leave(net.merge(torch.hstack([up, fine]), time))


def called_by_name(net, x, time):
    parts = dict(net.named_children())
    fine = parts["fine"](parts["enter"](x), time=time)
    coarse = parts["coarse1"](parts["down"](fine), time=time)
    coarse = parts["coarse2"](parts["attention"](coarse), time=time)
    both = [F.interpolate(coarse, fine.shape[2:]), fine]
    return parts["leave"](parts["merge"](torch.concat(both, dim=-3), time=time))


mistakes = [
    Mistake(twice_as_large, "scale_factor=2 is right for even sides only: a side of 7 becomes 4, and 4 becomes 8. Enlarge to "
            "the size of the fine features."),
    Mistake(bilinear, "You enlarge bilinearly. Nearest neighbour is asked for, the default of F.interpolate."),
    Mistake(fine_first, "The order of what you join: the enlarged features first, then the fine ones."),
    Mistake(skip_of_zeros, "The fine features do not reach `merge`: without them the right arm knows nothing of detail."),
    Mistake(bottom_of_zeros, "The coarse features do not reach `merge`: nothing comes up from the bottom."),
    Mistake(skip_from_before_the_block, "You join what came out of `enter`. The skip carries what comes out of the block `fine`."),
    Mistake(skip_detached, "No gradient comes back through the skip: do not detach it."),
    Mistake(no_time, "Your output does not depend on the time: hand `time` to every block."),
    Mistake(time_in_fine_alone, "Only the block `fine` hears the time: hand it to every block."),
    Mistake(time_not_in_merge, "The block `merge` does not hear the time."),
    Mistake(time_not_in_coarse, "The coarse blocks do not hear the time."),
    Mistake(first_time_for_all, "Every image hears the time of the first one."),
    Mistake(time_detached, "No gradient reaches the time's embedding: do not detach it."),
    Mistake(no_attention, "The attention is left out: it belongs between the two coarse blocks."),
    Mistake(attention_last, "The attention comes after both coarse blocks; it belongs between them."),
    Mistake(attention_first, "The attention comes before the coarse blocks; it belongs between them."),
    Mistake(attention_added_to_itself, "You add the features to what attention returns. It has added them already."),
    Mistake(second_coarse_missing, "The block `coarse2` is left out."),
    Mistake(first_coarse_twice, "The block `coarse1` is used twice, and `coarse2` never learns."),
    Mistake(coarse_order, "The two coarse blocks have changed places."),
    Mistake(fine_left_out, "The block `fine` is left out."),
    Mistake(without_leave, "The last layer, `leave`, is left out."),
    Mistake(input_added, "You add the image to the result: the network answers with noise, or v, alone."),
    Mistake(relu_between, "You put a ReLU between the parts. The blocks have their own nonlinearity."),
]

also_right = [by_centres, cut_to_fit, step_by_step, with_an_upsampling_layer, called_by_name]

equivalent_mutants = {
    "up = F.interpolate(coarse, size=fine.shape[2:]): 2 → -2": "of four dimensions the last two",
}
