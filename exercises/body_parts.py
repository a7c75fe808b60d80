"""The parts of the drawing of the body. Their shapes are in `templates/exercises/_body_shapes.html`."""

from django.db.models import TextChoices


class BodyPart(TextChoices):
    """A part of the drawing, which can lead to a body region. From head to toe."""

    HEAD = "head", "Head and jaw"
    NECK = "neck", "Neck"
    SHOULDER = "shoulder", "Shoulders"
    CHEST = "chest", "Chest and ribs"
    UPPER_BACK = "upper-back", "Upper back"
    UPPER_ARM = "upper-arm", "Upper arms"
    ELBOW = "elbow", "Elbows"
    FOREARM = "forearm", "Forearms"
    HAND = "hand", "Wrists and hands"
    ABDOMEN = "abdomen", "Abdomen"
    LOWER_BACK = "lower-back", "Lower back"
    HIP = "hip", "Hips and groin, from the front"
    BUTTOCK = "buttock", "Hips and buttocks, from the back"
    THIGH = "thigh", "Front of the thighs"
    HAMSTRING = "hamstring", "Back of the thighs"
    KNEE = "knee", "Knees"
    SHIN = "shin", "Shins"
    CALF = "calf", "Calves"
    ANKLE = "ankle", "Ankles"
    FOOT = "foot", "Feet and heels"
