"""Pictures, curves and widgets: the only part of genlab that knows matplotlib, IPython and ipywidgets.

Every function returns a picture that shows itself, with its alt text, as the value of a cell; in the
middle of a cell use `show(picture)`.
"""

from genlab.display.curves import plot_curves
from genlab.display.evaluation import plot_bias, plot_manifolds, plot_ranking
from genlab.display.grids import show_grid
from genlab.display.live import LivePicture
from genlab.display.planes import choose, density_tile, point_tile
from genlab.display.points import latent_scatter, plot_bars, plot_rate_distortion
from genlab.display.scores import score_dial, score_table
from genlab.display.study import StudyWidget, study_widget
from genlab.display.style import PALETTE, Picture, in_style, new_picture, show
from genlab.display.widgets import Interactive, interpolation, play, traversal

__all__ = ["PALETTE", "Interactive", "LivePicture", "Picture", "StudyWidget", "choose", "density_tile",
           "in_style", "interpolation", "latent_scatter", "new_picture", "play", "plot_bars", "plot_bias",
           "plot_curves", "plot_manifolds", "plot_ranking", "plot_rate_distortion", "point_tile",
           "score_dial", "score_table", "show", "show_grid", "study_widget", "traversal"]
