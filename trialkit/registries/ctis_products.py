"""The medicinal products of a CTIS application -> interventions."""

from typing import Any

from trialkit.record import Intervention
from trialkit.registries.ctis_shape import at, items, text, unique

_THERAPY = {  # texts only: the codes beside them are not documented publicly
    "cellTypeMoreInformation": "Cell type",
    "cellTypeOtherSomatic": "Other somatic cells",
    "geneOfInterest": "Gene of interest",
    "description": "Advanced therapy",
}


def interventions_of(part: Any) -> list[Intervention]:
    """Every product that has a name, in the order of the application; placebos are products of that role."""
    roles = {
        text(group.get("productRoleCode")): text(group.get("productRoleName"))
        for group in items(part, "productRoleGroupInfos")
    }
    found = (_intervention(product, roles) for product in items(part, "products"))
    return [item for item in found if item]


def _intervention(product: dict[str, Any], roles: dict[str | None, str | None]) -> Intervention | None:
    listed = at(product, "productDictionaryInfo")
    names = unique(
        text(name)
        for name in (
            product.get("productName"),
            at(listed, "prodName"),
            product.get("jsonActiveSubstanceNames"),
            at(listed, "activeSubstanceName"),
            at(listed, "productOtherName"),
            product.get("sponsorProductCodeEdit"),
            at(listed, "sponsorProductCode"),
        )
    )
    if not names:
        return None
    role = roles.get(text(product.get("mpRoleInTrial")))
    routes = product.get("routes")
    lines = [
        ("Role", None if role == "Test" else role),
        ("Pharmaceutical form", text(product.get("pharmaceuticalFormDisplay")) or text(at(listed, "pharmForm"))),
        ("Routes of administration", ", ".join(unique(map(text, routes))) if isinstance(routes, list) else None),
        ("Maximum daily dose", _amount(product, "maxDailyDoseAmount", "doseUom")),
        ("Maximum total dose", _amount(product, "maxTotalDoseAmount", "doseUomTotal")),
        *(
            (label, text(therapy.get(key)))
            for therapy in items(product, "therapies")
            for key, label in _THERAPY.items()
        ),
    ]
    return Intervention(
        name=names[0],
        type=_type(product),
        description="\n".join(f"{label}: {words}" for label, words in lines if words) or None,
        other_names=names[1:],
    )


def _amount(product: dict[str, Any], amount: str, unit: str) -> str | None:
    given, of = text(product.get(amount)), text(product.get(unit))
    return f"{given} {of}" if given and of else None


def _type(product: dict[str, Any]) -> str | None:
    """Advanced therapies are biological, products of chemical substances only are drugs; None for the rest."""
    if product.get("anAdvancedTherapyMedicinalProduct") is True or items(product, "therapies"):
        return "biological"
    origins = {text(s.get("substanceOrigin")) for s in items(product, "productDictionaryInfo", "productSubstances")}
    return "drug" if product.get("allSubstancesChemicals") is True or origins == {"Chemical"} else None
