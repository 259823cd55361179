"""Report sentences and what they say, written for these tests.

Each is (text, affirmed, negated, uncertain): the descriptors that are affirmed, and the pairs
"field=value" that are denied and doubted, presence among them.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Sentence(NamedTuple):
    text: str
    affirmed: dict[str, Any]
    negated: tuple[str, ...] = ()
    uncertain: tuple[str, ...] = ()


S = Sentence
MICRO, MACRO, RIM, COMET = (
    "foci=punctate", "foci=macrocalcification", "foci=peripheral rim", "foci=comet-tail"
)  # fmt: skip
ANY = "foci=unspecified"
IRREGULAR = "margin=lobulated or irregular"
NODULE = "present=nodule"

PLAIN = [
    S("Solid hypoechoic nodule.", {"composition": "solid", "echogenicity": "hypoechoic"}),
    S("Markedly hypoechoic solid nodule with spiculated margins",
      {"composition": "solid", "echogenicity": "very hypoechoic", "margin": "spiculated"}),
    S("A well-defined, smooth, isoechoic nodule",
      {"margin": "smooth", "echogenicity": "isoechoic"}),
    S("Mixed cystic and solid nodule, wider-than-tall",
      {"composition": "mixed", "shape": "wider than tall"}),
    S("predominantly cystic nodule with a solid component",
      {"composition": "predominantly cystic"}),
    S("Taller than wide nodule with microcalcifications.",
      {"shape": "taller than wide", "foci": ("punctate",)}),
    S("Spongiform nodule, echogenic foci with large comet-tail artifacts",
      {"composition": "spongiform", "foci": ("comet-tail",)}),
    S("Nodule with eggshell calcification and punctate echogenic foci",
      {"foci": ("punctate", "peripheral rim")}),
    S("ILL- DEFINED MARGINS, MARKED HYPOECHOGENICITY",
      {"margin": "ill-defined", "echogenicity": "very hypoechoic"}),
    S("Simple cyst, anechoic", {"composition": "cystic", "echogenicity": "anechoic"}),
    S("coarse calcification with acoustic shadow in a solid nodule",
      {"composition": "solid", "foci": ("macrocalcification",)}),
    S("Hypoechoic nodule with microlobulated, irregular margins",
      {"echogenicity": "hypoechoic", "margin": "microlobulated"}),
    S("Poorly circumscribed hyperechogenic lesion",
      {"margin": "ill-defined", "echogenicity": "hyperechoic"}),
    S("Large solid mass with extrathyroidal extension",
      {"size": "large", "composition": "solid", "margin": "extrathyroidal extension"}),
    S("Nodule with small calcifications", {"foci": ("unspecified",)}),
    S("Tiny cystic nodule", {"size": "very small", "composition": "cystic"}),
]  # fmt: skip

NUMBERS = [
    S("Nodule of 12 x 8 mm", {"size_mm": (12.0, 8.0)}),
    S("solid nodule measuring 1.2 cm", {"composition": "solid", "size_mm": (12.0,)}),
    S("Nodule 1,5 × 0,8 × 1,1 cm, cystic", {"composition": "cystic", "size_mm": (15.0, 8.0, 11.0)}),
    S("nodule 12 mm x 8 mm, 3 mm from the trachea", {"size_mm": (12.0, 8.0)}),
    S("Right lobe measures 45 x 15 x 14 mm. Left lobe has a 1.2 cm cystic nodule.",
      {"side": "left", "composition": "cystic", "size_mm": (12.0,)}),
    S("Two small hypoechoic nodules", {"count": 2, "size": "small", "echogenicity": "hypoechoic"}),
    S("A solitary nodule", {"count": 1}),
    S("3 thyroid nodules", {"count": 3}),
    S("Nodule of 4500 mm", {}),
]  # fmt: skip

PLACES = [
    S("Nodule in the left lobe", {"side": "left"}),
    S(
        "Solid nodule, upper pole of the right lobe",
        {"composition": "solid", "side": "right", "pole": "upper"},
    ),
    S("Nodule in the lower third of the left lobe", {"side": "left", "pole": "lower"}),
    S("right upper pole nodule", {"side": "right", "pole": "upper"}),
    S(
        "small nodule in the left upper part",
        {"size": "small", "horizontal": "left", "vertical": "upper"},
    ),
    S("nodule in the lower right part of the image", {"horizontal": "right", "vertical": "lower"}),
    S("nodule in the central part of the picture", {"horizontal": "centre"}),
    S("Isthmus nodule", {"side": "isthmus"}),
    S("LOB. IZQ. Nodulo 12 mm", {"side": "left", "size_mm": (12.0,)}),
    S("nodulo lobulo derecho", {"side": "right"}),
    S("NODULO IZQUIERDO", {"side": "left"}),
    S("DER: solid nodule", {"side": "right", "composition": "solid"}),
    S("Nódulo sólido, lóbulo izquierdo", {"side": "left"}),
    S(
        "One medium oval-shaped benign tumor at the top left in the breast ultrasound image.",
        {"size": "medium", "count": 1, "horizontal": "left", "vertical": "upper"},
    ),
    S("Bilateral nodules", {"laterality": "bilateral"}),
    S("Left carotid artery normal. Nodule in the right lobe.", {"side": "right"}),
    S(
        "Right lobe: normal. Hypoechoic nodule on the left.",
        {"side": "left", "echogenicity": "hypoechoic"},
    ),
    S("the nodule on the right side of the neck", {"side": "right"}),
    S("right nodule, solid", {"side": "right", "composition": "solid"}),
]

COMPARED = [
    S("the smaller nodule on the right", {"relative_size": "smaller", "horizontal": "right"}),
    S("The larger nodule on the left", {"relative_size": "larger", "horizontal": "left"}),
    S("the biggest on the far right", {"relative_size": "larger", "horizontal": "right"}),
    S("smallest solid nodule", {"relative_size": "smaller", "composition": "solid"}),
    S("The larger of the two nodules.", {"relative_size": "larger", "count": 2}),
    S("the left one", {"horizontal": "left"}),
    S("the right one of the two nodules", {"horizontal": "right", "count": 2}),
    S("the left nodule", {"horizontal": "left"}),
    S("the nodule on the right-hand side", {"horizontal": "right"}),
    S("the lower left one", {"horizontal": "left", "vertical": "lower"}),
    S("the nodule at the top", {"vertical": "upper"}),
    S("the upper nodule", {"relative_depth": "shallower"}),
    S("the deeper nodule", {"relative_depth": "deeper"}),
    S("the lower one of the two", {"relative_depth": "deeper"}),
    S("The nodule is larger than before", {}),
    S("solid nodule, has become smaller", {"composition": "solid"}),
    S("Larger nodules were biopsied", {}),
    S("a solid nodule in the larger lobe", {"composition": "solid"}),
    S("a nodule, the larger calcification in its middle", {"foci": ("unspecified",)}),
    S("the nodule is deeper than wide", {"shape": "taller than wide"}),
]  # fmt: skip

NEGATED = [
    S("No microcalcifications.", {}, (MICRO,)),
    S("Solid nodule without microcalcifications", {"composition": "solid"}, (MICRO,)),
    S("Solid nodule, no calcification", {"composition": "solid", "foci": ("none",)}, (ANY,)),
    S("Microcalcifications are absent.", {}, (MICRO,)),
    S("Calcifications: none. Margins: irregular.",
      {"foci": ("none",), "margin": "lobulated or irregular"}, (ANY,)),
    S("Margins are not irregular.", {}, (IRREGULAR,)),
    S("The nodule is not taller than wide", {}, ("shape=taller than wide",)),
    S("No microcalcifications, macrocalcifications or rim calcification; smooth margin",
      {"margin": "smooth"}, (MICRO, MACRO, RIM)),
    S("No calcifications, smooth margin", {"margin": "smooth", "foci": ("none",)}, (ANY,)),
    S("No microcalcifications but macrocalcification present",
      {"foci": ("macrocalcification",)}, (MICRO,)),
    S("no microcalcifications and smooth margins", {"margin": "smooth"}, (MICRO,)),
    S("No microcalcifications or irregular margins", {}, (MICRO, IRREGULAR)),
    S("Neither micro- nor macrocalcifications", {}, (MICRO, MACRO)),
    S("No evidence of extrathyroidal extension", {}, ("margin=extrathyroidal extension",)),
    S("No nodule.", {"present": False}, (NODULE,)),
    S("No nodule in the right lobe", {"present": False}, (NODULE, "side=right")),
    S("Right lobe: no nodule. Left lobe: solid nodule.",
      {"side": "left", "composition": "solid"}, (NODULE,)),
    S("Normal gland, nodules are not seen", {"present": False}, (NODULE,)),
    S("Hypoechoic nodule, microcalcifications not identified", {"echogenicity": "hypoechoic"},
      (MICRO,)),
    S("No microcalcifications within the solid nodule.", {"composition": "solid"}, (MICRO,)),
    S("Free of calcification, isoechoic", {"echogenicity": "isoechoic", "foci": ("none",)}, (ANY,)),
    S("No change in the hypoechoic nodule", {"echogenicity": "hypoechoic"}),
    S("not only hypoechoic, also irregular",
      {"echogenicity": "hypoechoic", "margin": "lobulated or irregular"}),
    S("Absent comet-tail artifacts; punctate echogenic foci present", {"foci": ("punctate",)},
      (COMET,)),
    S("Not solid but spongiform", {"composition": "spongiform"}, ("composition=solid",)),
    S("Noncalcified isoechoic nodule", {"echogenicity": "isoechoic", "foci": ("none",)}, (ANY,)),
    S("margins not well-defined", {"margin": "ill-defined"}),
    S("There is no suspicious nodule", {"present": False}, (NODULE,)),
    S("Hypoechoic nodule that lacks calcification",
      {"echogenicity": "hypoechoic", "foci": ("none",)}, (ANY,)),
    S("Macrocalcification without microcalcifications", {"foci": ("macrocalcification",)},
      (MICRO,)),
    S("rim calcification was not seen, margin smooth", {"margin": "smooth"}, (RIM,)),
]  # fmt: skip

UNCERTAIN = [
    S("Possible microcalcifications", {}, (), (MICRO,)),
    S("Probably solid hypoechoic nodule with smooth margin", {"margin": "smooth"}, (),
      ("composition=solid", "echogenicity=hypoechoic", NODULE)),
    S("Cannot exclude extrathyroidal extension", {}, (), ("margin=extrathyroidal extension",)),
    S("Solid nodule, suspicious for extrathyroidal extension", {"composition": "solid"}, (),
      ("margin=extrathyroidal extension",)),
    S("Microcalcifications? Solid nodule.", {"composition": "solid"}, (), (MICRO,)),
    S("Solid nodule with ?microcalcifications", {"composition": "solid"}, (), (MICRO,)),
    S("Irregular margins cannot be excluded", {}, (), (IRREGULAR,)),
    S("Margins may be irregular; hypoechoic", {"echogenicity": "hypoechoic"}, (), (IRREGULAR,)),
    S("Possible nodule in the left lobe", {"side": "left"}, (), (NODULE,)),
    S("possible punctate or rim calcification", {}, (), (MICRO, RIM)),
    S("Nodule likely cystic, no calcification", {"foci": ("none",)}, (ANY,),
      ("composition=cystic",)),
    S("Microcalcifications are suspected in an isoechoic nodule", {"echogenicity": "isoechoic"},
      (), (MICRO,)),
]  # fmt: skip

MISSPELT = [
    S("hypoecoic nodule", {"echogenicity": "hypoechoic"}),
    S("hyperechioc nodule with calcifcations",
      {"echogenicity": "hyperechoic", "foci": ("unspecified",)}),
    S("no microcalcfications", {}, (MICRO,)),
    S("spongifrom noduel in the isthums", {"composition": "spongiform", "side": "isthmus"}),
    S("hypeechoic nodule", {}),
    S("Solid nodule witout microcalcifications", {"composition": "solid"}, (MICRO,)),
    S("macrocalcifiction, lobualted margin",
      {"foci": ("macrocalcification",), "margin": "lobulated or irregular"}),
    S("lfet lobe nodule", {}),
]  # fmt: skip

BOTH, ONE = {"laterality": "bilateral"}, {"laterality": "unilateral", "count": 1}
CHEST = [
    S("Bilateral pulmonary infection, two infected areas, upper left lung and upper right lung.",
      BOTH | {"count": 2, "areas": ("upper left", "upper right")}),
    S("Bilateral pulmonary infection, two infected areas, all left lung and middle lower right "
      "lung.", BOTH | {"count": 2, "areas": ("all left", "middle lower right")}),
    S("Unilateral pulmonary infection, one infected area, lower right lung.",
      ONE | {"areas": ("lower right",)}),
    S("Bilateral pulmonary infection, six infected areas, upper middle lower left lung and upper "
      "middle lower right lung.",
      BOTH | {"count": 6, "areas": ("upper middle lower left", "upper middle lower right")}),
    S("Consolidation in the left lower lobe", {"areas": ("lower left",)}),
    S("No pulmonary infection", {"present": False}, ("present=infection",)),
    S("Infection of the right lung, left lung free of infection",
      {"areas": ("right", "left")}, ("present=infection",)),
]  # fmt: skip

EVERY = [*PLAIN, *NUMBERS, *PLACES, *COMPARED, *NEGATED, *UNCERTAIN, *MISSPELT, *CHEST]

LATER: list[tuple[str, dict[str, str]]] = [
    (
        "The nodule does not show any calcification and its margins are smooth.",
        {"calcification": "n", "smooth": "a"},
    ),
    (
        "Hypoechoic solid nodule in the mid pole of the left lobe; no calcification is seen.",
        {"Hypoechoic": "a", "solid": "a", "calcification": "n"},
    ),
    (
        "No suspicious features such as microcalcifications or irregular margins.",
        {"microcalcifications": "n", "irregular": "n"},
    ),
    (
        "There are a few punctate echogenic foci, which may represent microcalcifications.",
        {"punctate echogenic foci": "a", "microcalcifications": "u"},
    ),
    ("Extrathyroidal extension is not demonstrated.", {"Extrathyroidal extension": "n"}),
    ("Extrathyroidal extension cannot be ruled out.", {"Extrathyroidal extension": "u"}),
    (
        "A 9 mm nodule, not hypoechoic, not taller than wide.",
        {"nodule": "a", "hypoechoic": "n", "taller than wide": "n"},
    ),
    (
        "Cystic nodule with comet-tail artifacts and without any solid nodule beside it.",
        {"Cystic": "a", "comet-tail artifacts": "a"},
    ),
    (
        "Echogenicity: isoechoic. Margin: smooth. Shape: wider than tall. Echogenic foci: none.",
        {"isoechoic": "a", "smooth": "a", "wider than tall": "a", "Echogenic foci": "n"},
    ),
    ("Spiculated margins are possible on the posterior side.", {"Spiculated": "u"}),
    (
        "Solid nodule likely containing microcalcifications.",
        {"Solid": "a", "microcalcifications": "u"},
    ),
    ("Thyroid of normal size without nodules.", {"nodules": "n"}),
    ("The previously described nodule is no longer seen.", {"nodule": "n"}),
    (
        "Ill-defined hypoechoic area, suspected nodule, right lobe.",
        {"Ill-defined": "a", "hypoechoic": "a", "nodule": "u"},
    ),
    (
        "Macrocalcifications with shadowing; neither microcalcifications nor rim calcification.",
        {"Macrocalcifications": "a", "microcalcifications": "n", "rim calcification": "n"},
    ),
    (
        "The nodule is solid, with no cystic change, and markedly hypoechoic.",
        {"solid": "a", "markedly hypoechoic": "a"},
    ),
    (
        "Absence of microcalcifications, however macrocalcification at the lower pole.",
        {"microcalcifications": "n", "macrocalcification": "a"},
    ),
    (
        "Nodule appears predominantly cystic, calcifications not excluded.",
        {"predominantly cystic": "a", "calcifications": "u"},
    ),
    (
        "Isoechoic nodule, lobulated margins cannot be excluded, no comet tail.",
        {"Isoechoic": "a", "lobulated": "u", "comet tail": "n"},
    ),
    ("No increase in size of the spongiform nodule.", {"spongiform": "a", "nodule": "a"}),
    (
        "Smooth margins, non-calcified, wider than tall.",
        {"Smooth": "a", "calcified": "n", "wider than tall": "a"},
    ),
    ("Punctate foci were looked for and not found.", {"Punctate foci": "n"}),
    (
        "Questionable irregular margin; definite microcalcifications.",
        {"irregular": "u", "microcalcifications": "a"},
    ),
    ("Solid? or mixed nodule", {"Solid": "u", "mixed": "a"}),
    (
        "The isthmus is free of nodules, the left lobe contains a cyst.",
        {"nodules": "n", "cyst": "a"},
    ),
    (
        "Lesion without extrathyroidal extension, calcifications or a halo.",
        {"Lesion": "a", "extrathyroidal extension": "n", "calcifications": "n"},
    ),
]
"""Written after the rules, for the comparison in docs/explanation/words.md; certainty by phrase."""
