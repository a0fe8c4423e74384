"""Pictures, curves and widgets: the only part of genlab that knows matplotlib, IPython and ipywidgets.

Every function returns a picture that shows itself, with its alt text, as the value of a cell; in the
middle of a cell use `show(picture)`.
"""

from genlab.display.clouds import diffusion_explorer
from genlab.display.curves import plot_curves
from genlab.display.denoising import denoising_explorer, plot_reverse_step, plot_walks
from genlab.display.earth import earth_explorer, earth_plan, earth_terms, plot_earth
from genlab.display.evaluation import plot_bias, plot_manifolds, plot_ranking
from genlab.display.flows import energy_painter, flow_grid, painted_energy, plot_flow_grid, plot_forces
from genlab.display.games import (
    line_best,
    line_game,
    line_logit,
    line_rounds,
    line_terms,
    plot_line_game,
    plot_surfaces,
    ring_game,
)
from genlab.display.grids import show_grid
from genlab.display.guides import guidance_explorer
from genlab.display.ideas import plot_histograms, plot_lines, plot_loglog
from genlab.display.labels import label_dial, label_game, plot_labels
from genlab.display.language import (
    attention_explorer,
    attention_maps,
    next_letter,
    plot_attention,
    plot_next,
    sampling_explorer,
)
from genlab.display.latents import bound_explorer, bound_terms, code_plane, drawn_image, plot_bound, plot_mixture
from genlab.display.live import LivePicture
from genlab.display.paint import paint_explorer, paint_plane, plot_planes, plot_tower
from genlab.display.paths import kernel_velocity, network_velocity, paths_explorer, plot_fans, plot_paths
from genlab.display.pixels import context_codes, field, mask_explorer, plot_fields, raster_film, seen_pixels
from genlab.display.planes import choose, density_tile, point_tile
from genlab.display.points import latent_scatter, plot_bars, plot_rate_distortion
from genlab.display.prompts import PromptBox, heat, prompt_box
from genlab.display.scores import score_dial, score_table
from genlab.display.speech import listen, plot_alignments, plot_mels, speaker, voice_of
from genlab.display.study import StudyWidget, study_widget
from genlab.display.style import PALETTE, Picture, in_style, new_picture, show
from genlab.display.translation import drawn, input_gradients, outline_painter, patch_explorer, plot_patches
from genlab.display.widgets import Interactive, interpolation, play, traversal

__all__ = [
    "PALETTE",
    "Interactive",
    "LivePicture",
    "Picture",
    "PromptBox",
    "StudyWidget",
    "attention_explorer",
    "attention_maps",
    "bound_explorer",
    "bound_terms",
    "choose",
    "code_plane",
    "context_codes",
    "denoising_explorer",
    "density_tile",
    "diffusion_explorer",
    "drawn",
    "drawn_image",
    "earth_explorer",
    "earth_plan",
    "earth_terms",
    "energy_painter",
    "field",
    "flow_grid",
    "guidance_explorer",
    "heat",
    "in_style",
    "input_gradients",
    "interpolation",
    "kernel_velocity",
    "label_dial",
    "label_game",
    "latent_scatter",
    "line_best",
    "line_game",
    "line_logit",
    "line_rounds",
    "line_terms",
    "listen",
    "mask_explorer",
    "network_velocity",
    "new_picture",
    "next_letter",
    "outline_painter",
    "paint_explorer",
    "paint_plane",
    "painted_energy",
    "patch_explorer",
    "paths_explorer",
    "play",
    "plot_alignments",
    "plot_attention",
    "plot_bars",
    "plot_bias",
    "plot_bound",
    "plot_curves",
    "plot_earth",
    "plot_fans",
    "plot_fields",
    "plot_flow_grid",
    "plot_forces",
    "plot_histograms",
    "plot_labels",
    "plot_line_game",
    "plot_lines",
    "plot_loglog",
    "plot_manifolds",
    "plot_mels",
    "plot_mixture",
    "plot_next",
    "plot_patches",
    "plot_paths",
    "plot_planes",
    "plot_ranking",
    "plot_rate_distortion",
    "plot_reverse_step",
    "plot_surfaces",
    "plot_tower",
    "plot_walks",
    "point_tile",
    "prompt_box",
    "raster_film",
    "ring_game",
    "sampling_explorer",
    "score_dial",
    "score_table",
    "seen_pixels",
    "show",
    "show_grid",
    "speaker",
    "study_widget",
    "traversal",
    "voice_of",
]
