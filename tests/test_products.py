"""Product, tissue, donor and route of small records: what is read, and what must not be."""

import pytest

from trialkit.facts.arm_sizes import find_arm_size, find_group_sizes
from trialkit.facts.control_type import find_control_type
from trialkit.record import Arm, Intervention, TrialRecord
from trialkit.rows import read_trial


def read(**fields):
    record = TrialRecord(register="test", trial_id="TEST-1", **fields)
    (row,) = read_trial(record)["trials"]
    return {name: row[name] for name in ("product_class", "cell_source", "donor", "donor_implied", "routes")}


def test_tissue_and_donor_come_from_title_arms_and_interventions():
    row = read(
        public_title="Allogeneic umbilical cord mesenchymal stem cells in lupus",
        interventions=[Intervention(name="UC-MSC", description="single intravenous infusion")],
    )
    assert row == {
        "product_class": ["msc"], "cell_source": ["umbilical_cord"], "donor": "allogeneic", "donor_implied": None, "routes": ["intravenous"],
    }  # fmt: skip


def test_perinatal_tissue_implies_a_donor_and_never_reports_one():
    row = read(public_title="Umbilical cord MSC in psoriasis")
    assert (row["donor"], row["donor_implied"]) == ("not_reported", "allogeneic")


def test_cord_blood_is_not_umbilical_cord():
    assert read(public_title="Umbilical cord blood-derived mesenchymal stem cells")["cell_source"] == ["cord_blood"]


def test_background_sentences_name_no_tissue():
    row = read(
        public_title="Mesenchymal stem cells in systemic sclerosis",
        detailed_description="Previous studies have used cells from bone marrow and adipose tissue.",
    )
    assert row["cell_source"] == []


@pytest.mark.parametrize(
    "sentence",
    [
        "Mesenchymal stem cells can be isolated from bone marrow.",
        "Mesenchymal stem cells grow from bone marrow, adipose tissue and umbilical cord.",
    ],
)
def test_where_such_cells_come_from_at_all_names_no_tissue(sentence):
    assert read(public_title="MSC in lupus nephritis", detailed_description=sentence)["cell_source"] == []


def test_description_is_read_when_the_product_fields_say_nothing():
    row = read(
        public_title="MSC in lupus nephritis",
        detailed_description="Cells are grown from the bone marrow of healthy donors.",
    )
    assert (row["cell_source"], row["donor"]) == (["bone_marrow"], "allogeneic")


def test_placebo_arm_names_no_product():
    row = read(
        public_title="MSC in arthritis",
        arms=[
            Arm(
                label="MSC",
                type="experimental",
                description="adipose MSC, intravenous",
                interventions=["Biological: MSC"],
            ),
            Arm(label="Placebo", type="placebo_comparator", description="autologous serum, intra-articular"),
        ],
        interventions=[Intervention(name="MSC", arm_labels=["MSC"])],
    )
    assert (row["cell_source"], row["donor"], row["routes"]) == (["adipose"], "not_reported", ["intravenous"])


def test_transplant_the_patient_had_is_no_source_and_no_donor():
    row = read(
        public_title="MSC for graft-versus-host disease after allogeneic hematopoietic stem cell transplantation"
    )
    assert (row["cell_source"], row["donor"]) == ([], "not_reported")


@pytest.mark.parametrize(
    ("title", "given"),
    [
        ("Intestinal mesenchymal stem cells", "Biopsies during colonoscopy"),
        ("Linagliptin and mesenchymal stem cells", "Linagliptin 5 mg by mouth"),
    ],
)
def test_samples_and_drugs_are_no_cell_product(title, given):
    assert read(public_title=title, interventions=[Intervention(name=given)])["product_class"] == ["none"]


def test_cells_named_together_in_one_intervention_are_both_given():
    row = read(interventions=[Intervention(name="Islets and mesenchymal stem cells")])
    assert row["product_class"] == ["other_cell", "msc"]


def test_membrane_that_carries_cells_of_another_tissue_is_no_source():
    row = read(interventions=[Intervention(name="Amniotic membrane with adipose-derived MSC")])
    assert row["cell_source"] == ["adipose"]
    assert read(interventions=[Intervention(name="Amniotic membrane MSC")])["cell_source"] == ["amnion"]


def test_prose_on_other_cells_gives_cord_cells_no_donor():
    row = read(
        public_title="Umbilical cord MSC in aplastic anaemia",
        detailed_description="Autologous stem cells are hard to grow in this disease.",
    )
    assert (row["donor"], row["donor_implied"]) == ("not_reported", "allogeneic")


def test_keyword_is_no_route():
    assert read(public_title="MSC in brain injury", keywords=["intracranial pressure"])["routes"] == []


def test_vesicles_are_not_cells():
    assert read(public_title="Trial in Crohn disease", interventions=[Intervention(name="MSC-derived exosomes")])[
        "product_class"
    ] == ["msc_derived"]


def test_arm_size_from_label_and_from_prose():
    assert find_arm_size("Low dose (n = 6)", None)[1].n == 6
    groups = find_group_sizes(
        "Eleven patients with lupus were given the cells. At the same time five patients who were not given cells formed the control group."
    )
    assert [(g.n, g.gets_cells) for g in groups] == [(11, True), (5, False)]
    groups = find_group_sizes(
        "Cells were infused into eleven patients. Five patients without cells formed the control group."
    )
    assert [(g.n, g.gets_cells) for g in groups] == [(11, True), (5, False)]
    assert find_group_sizes("A total of 20 patients will be enrolled.") == []


@pytest.mark.parametrize(
    ("arms", "single", "prose", "expected"),
    [
        ([("MSC", "experimental", "", True), ("Saline", "placebo_comparator", "", False)], False, "", "placebo"),
        ([("MSC", "experimental", "", True), ("Standard care", "active_comparator", "", False)], False, "", "standard_of_care"),
        ([("MSC", "experimental", "", True), ("Observation", "no_intervention", "", False)], False, "", "no_treatment"),
        ([("Low", "experimental", "", True), ("High", "experimental", "", True)], False, "", "dose_comparison"),
        ([("MSC", "experimental", "", True)], True, "", "none"),
        ([("MSC", None, "", True), ("five patients", None, "", False)], False, "a blank control group", "no_treatment"),
        ([], False, "", "not_reported"),
    ],
)  # fmt: skip
def test_control_type(arms, single, prose, expected):
    assert find_control_type(arms, single, prose)[0] == expected


def test_observational_study_without_interventions_gives_no_product():
    row = read(
        public_title="Mesenchymal stem cells of the umbilical cord: a study of samples", study_type="observational"
    )
    assert (row["product_class"], row["cell_source"], row["routes"]) == (["none"], [], [])


def products(**fields):
    record = TrialRecord(register="test", trial_id="TEST-1", **fields)
    return read_trial(record)["cell_products"]


def test_arms_that_are_given_different_cells_have_rows_of_their_own():
    rows = products(
        public_title="Mesenchymal stem cells in lupus",
        arms=[
            Arm(label="Cord", type="experimental", interventions=["Biological: UC-MSC"]),
            Arm(label="Marrow", type="experimental", interventions=["Biological: BM-MSC"]),
            Arm(label="Placebo", type="placebo_comparator"),
        ],
        interventions=[
            Intervention(name="UC-MSC", description="allogeneic, expanded in culture", arm_labels=["Cord"]),
            Intervention(name="BM-MSC", description="autologous, from the iliac crest", arm_labels=["Marrow"]),
        ],
    )
    told = [(r["arm"], r["cell_source"], r["donor"], r["separation"], r["exact_tissue"]) for r in rows]
    assert told == [
        ("Cord", "umbilical_cord", "allogeneic", "cultured", None),
        ("Marrow", "bone_marrow", "autologous", None, "iliac_crest"),
    ]


def test_arms_that_differ_in_dose_alone_share_their_product():
    rows = products(
        public_title="Wharton's jelly MSC in arthritis",
        arms=[Arm(label="Low", description="1x10^6 cells/kg"), Arm(label="High", description="5x10^6 cells/kg")],
    )
    assert [(r["arm"], r["cell_source"], r["exact_tissue"]) for r in rows] == [
        (None, "umbilical_cord", "whartons_jelly")
    ]


def test_an_exact_tissue_of_another_source_is_not_the_products():
    (row,) = products(public_title="Adipose MSC in osteonecrosis", detailed_description="Cells go to the iliac crest.")
    assert (row["cell_source"], row["exact_tissue"]) == ("adipose", None)


def test_blood_cultures_are_no_culture_of_cells():
    (row,) = products(public_title="MSC in sepsis", detailed_description="Blood cultures are taken before the cells.")
    assert row["separation"] is None


def test_two_products_of_one_arm_are_paired_as_the_texts_pair_them():
    rows = products(
        public_title="Cells for bone",
        arms=[Arm(label="Both")],
        interventions=[
            Intervention(name="bone marrow mononuclear cells"), Intervention(name="adipose mesenchymal stem cells"),
        ],
    )  # fmt: skip
    assert {(r["product_class"], r["cell_source"]) for r in rows} == {("mnc", "bone_marrow"), ("msc", "adipose")}
