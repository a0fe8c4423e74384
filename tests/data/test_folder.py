"""Your own images: pictures written here must come back with their pixels."""

import numpy as np
import pytest
import torch
from PIL import Image

from genlab.data import Batches, folder
from genlab.models import VAE, ConditionalVAE, Discriminator, Generator, train_gan, train_vae


def save(path, pixels, **options):
    Image.fromarray(np.array(pixels, dtype=np.uint8)).save(path, **options)


def test_pixels_come_back(tmp_path):
    pixels = np.arange(64).reshape(8, 8) * 4
    save(tmp_path / "b.png", pixels)
    save(tmp_path / "a.png", 255 - pixels)
    images, _ = found = folder(tmp_path, size=8)
    names = found.files
    assert names == ["a.png", "b.png"] and images.shape == (2, 1, 8, 8) and images.dtype == torch.float32
    torch.testing.assert_close(images[1, 0], torch.from_numpy(pixels / 255).float())
    torch.testing.assert_close(images[0], 1 - images[1])


def test_the_order_is_that_of_the_names(tmp_path):
    for name in "hcafgbed":  # a folder lists them as it likes
        save(tmp_path / f"{name}.png", np.full((2, 2), ord(name)))
    images, _ = found = folder(tmp_path, size=2)
    names = found.files
    assert "".join(name[0] for name in names) == "abcdefgh"
    assert images[:, 0, 0, 0].mul(255).round().tolist() == [ord(name[0]) for name in names]


def test_colours_and_grey(tmp_path):
    save(tmp_path / "red.png", np.full((4, 4, 3), (255, 0, 0)))
    colour, _ = folder(str(tmp_path), size=4, channels=3)
    assert colour[0, :, 0, 0].tolist() == [1, 0, 0]
    grey, _ = folder(tmp_path, size=4)
    torch.testing.assert_close(grey[0, 0, 0, 0].item(), 0.299, rtol=0, atol=0.005)  # luma of ITU-R 601-2


@pytest.mark.parametrize("shape", [(8, 16), (16, 8)])
def test_the_middle_square_is_kept(shape, tmp_path):
    pixels = np.zeros(shape)
    pixels[shape[0] // 2 - 4 : shape[0] // 2 + 4, shape[1] // 2 - 4 : shape[1] // 2 + 4] = 255
    save(tmp_path / "wide.png", pixels)
    assert folder(tmp_path, size=8)[0].eq(1).all()


def test_transparent_is_white(tmp_path):
    pixels = np.zeros((4, 4, 4))
    pixels[:2, :, 3] = 255  # the upper half is black, the lower transparent
    save(tmp_path / "glass.png", pixels)
    assert folder(tmp_path, size=4)[0][0, 0, :, 0].tolist() == [0, 0, 1, 1]


def test_sixteen_bits_keep_their_greys(tmp_path):
    Image.fromarray(np.full((4, 4), 128 * 257, dtype=np.uint16)).save(tmp_path / "deep.png")
    assert folder(tmp_path, size=4)[0].mul(255).round().eq(128).all()


def test_a_turned_photograph_stands_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    pixels = np.zeros((8, 8))
    pixels[:4] = 255
    save(tmp_path / "photo.jpg", pixels, exif=exif, quality=100)
    image = folder(tmp_path, size=8)[0][0, 0]
    assert image[:4].max() < 0.1 and image[4:].min() > 0.9


def test_other_files_are_passed_over(tmp_path):
    save(tmp_path / "one.PNG", np.zeros((4, 4)))
    save(tmp_path / ".hidden.png", np.zeros((4, 4)))
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / "inside.png").mkdir()
    assert folder(tmp_path).files == ["one.PNG"]


def test_what_goes_wrong_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere is not a folder: give the folder"):
        folder(tmp_path / "nowhere")
    with pytest.raises(ValueError, match=r"holds no image: files named .*\.png"):
        folder(tmp_path)
    with pytest.raises(ValueError, match=r"channels must be 1 .* or 3 .*, got 4"):
        folder(tmp_path, channels=4)
    with pytest.raises(ValueError, match="size must be at least 1, got 0"):
        folder(tmp_path, size=0)
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n rubbish")
    with pytest.raises(ValueError, match=r"broken.png cannot be read .* remove it, or save it as PNG"):
        folder(tmp_path)


def test_subfolders_are_classes_and_go_straight_into_training(tmp_path):
    for name, value in (("b", 200), ("a", 40)):
        (tmp_path / name).mkdir()
        for i in range(2):
            save(tmp_path / name / f"{i}.png", np.full((8, 8), value))
    found = folder(tmp_path, size=8)
    assert found.classes == ["a", "b"] and found.files == ["a/0.png", "a/1.png", "b/0.png", "b/1.png"]
    images, labels = found
    assert labels.tolist() == [0, 0, 1, 1] and labels.dtype == torch.int64
    assert images[:, 0, 0, 0].mul(255).round().tolist() == [40, 40, 200, 200]
    for model in (ConditionalVAE(64, 2, 8, 2), VAE(64, 8, 2)):
        assert len(train_vae(model, Batches(*found, size=2), epochs=1, progress=False)) == 2
    generator, discriminator = Generator(4, 64, 8), Discriminator(64, 8)
    assert len(train_gan(generator, discriminator, Batches(*found, size=2), 1, latent_dim=4, progress=False)) == 2
    save(tmp_path / "stray.png", np.zeros((8, 8)))
    with pytest.raises(ValueError, match="beside the subfolders a, b: move them"):
        folder(tmp_path)
