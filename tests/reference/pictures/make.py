#!/usr/bin/env python3
"""Makes the pictures of this folder, and the figures that src/akin/image/*_test.cc expects of them.

Needs Pillow and opencv-python-headless of version 4. Usage: make.py
Every picture shows the same: 16 x 8 pixels, red, green / blue, white in four quarters.
"""
import pathlib

import cv2
import numpy as np
from PIL import Image

HERE = pathlib.Path(__file__).resolve().parent


def quarters():
    rgb = np.zeros((8, 16, 3), np.uint8)
    rgb[:4, :8], rgb[:4, 8:], rgb[4:, :8], rgb[4:, 8:] = (250, 0, 0), (0, 250, 0), (0, 0, 250), (250, 250, 250)
    return Image.fromarray(rgb)


def save_pictures():
    picture = quarters()
    best = {"quality": 95, "subsampling": 0}
    picture.save(HERE / "rgb.jpg", **best)
    picture.convert("L").save(HERE / "grey.jpg", **best)
    picture.convert("CMYK").save(HERE / "cmyk.jpg", **best)
    picture.save(HERE / "rgb.png")
    picture.convert("P", palette=Image.Palette.ADAPTIVE).save(HERE / "palette.png")
    clear = picture.convert("RGBA")
    clear.putalpha(Image.fromarray(np.where(np.arange(16)[None, :] < 8, 255, 0).astype(np.uint8).repeat(8, 0)))
    clear.save(HERE / "alpha.png")
    deep = np.asarray(picture).astype(np.uint16)[:, :, ::-1] * 257
    cv2.imwrite(str(HERE / "deep.png"), deep)
    picture.save(HERE / "rgb.webp", lossless=True)
    mirrored = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    picture.save(HERE / "moving.webp", save_all=True, append_images=[mirrored], lossless=True)
    picture.save(HERE / "moving.gif", save_all=True, append_images=[mirrored])
    picture.save(HERE / "interlaced.gif", interlace=1)
    picture.save(HERE / "rgb.bmp")
    # What a camera stores that lies on its side: viewers turn it as orientation says.
    undo = {
        2: [Image.Transpose.FLIP_LEFT_RIGHT], 3: [Image.Transpose.ROTATE_180], 4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE], 6: [Image.Transpose.ROTATE_90], 7: [Image.Transpose.TRANSVERSE],
        8: [Image.Transpose.ROTATE_270],
    }
    for orientation, steps in undo.items():
        stored = picture
        for step in steps:
            stored = stored.transpose(step)
        exif = Image.Exif()
        exif[0x0112] = orientation
        stored.save(HERE / f"exif{orientation}.jpg", exif=exif, **best)


def waves(width, height):
    """The picture that the tests draw too."""
    y, x = np.mgrid[0:height, 0:width].astype(np.int64)
    rgb = np.stack([(x * x + 3 * y) % 256, (5 * x + y * y) % 256, (x * y) % 256], -1)
    return rgb.astype(np.uint8)


def print_figures():
    rgb = waves(64, 128)
    hog = cv2.HOGDescriptor().compute(np.ascontiguousarray(rgb[:, :, ::-1])).ravel()
    print("hog", len(hog), "sum", hog.sum(), [float(f"{hog[i]:.6f}") for i in range(0, 3780, 189)])
    gamma = 1, -1, 0, 0.2, True  # the last one: as HOGDescriptor() has it
    wide = cv2.HOGDescriptor((224, 224), (16, 16), (8, 8), (8, 8), 9, *gamma).compute(waves(224, 224)[:, :, ::-1].copy()).ravel()
    print("hog 224", len(wide), "sum", wide.sum())
    steep = np.zeros((16, 16, 3), np.uint8)  # red to the right as steep as blue to the bottom, on the diagonal
    steep[..., 0], steep[..., 2] = np.arange(16)[None, :] * 10, np.arange(16)[:, None] * 10
    tied = cv2.HOGDescriptor((16, 16), (16, 16), (8, 8), (8, 8), 9, *gamma).compute(steep[:, :, ::-1].copy()).ravel()
    print("hog of equally steep colours", tied[:5])
    picture = Image.fromarray(waves(20, 12))
    for name, resample in (("bilinear", Image.Resampling.BILINEAR), ("bicubic", Image.Resampling.BICUBIC)):
        for size in ((7, 5), (33, 20)):
            small = np.asarray(picture.resize(size, resample)).ravel()
            print(name, size, "sum", int(small.sum()), small[:12].tolist())


if __name__ == "__main__":
    save_pictures()
    print_figures()
