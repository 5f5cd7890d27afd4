"""Files that describe patients' homes, under their first publishers' headings and those of other editions."""

from pathlib import Path
from zipfile import ZipFile

import pytest

from orchestration.errors import InputError
from orchestration.sources import recognise
from orchestration.sources.contents import contents
from orchestration.sources.csv_files import column_names, source_by_row
from orchestration.sources.descriptions import known_sources

FILE_7 = [
    "LSOA code (2021)",
    "LSOA name (2021)",
    "Local Authority District code (2024)",
    "Local Authority District name (2024)",
    "Index of Multiple Deprivation (IMD) Score",
    "Index of Multiple Deprivation (IMD) Rank (where 1 is most deprived)",
    "Index of Multiple Deprivation (IMD) Decile (where 1 is most deprived 10% of LSOAs)",
    "Income Score (rate)",
    "Income Rank (where 1 is most deprived)",
    "Income Decile (where 1 is most deprived 10% of LSOAs)",
    "Total population: mid 2022",
]
SUB_ICBS = "LSOA21CD LSOA21NM SICBL24CD SICBL24CDH SICBL24NM ICB24CD ICB24CDH ICB24NM CAL24CD CAL24NM LAD24CD LAD24NM"
DISTRICTS = "LSOA11CD LSOA11NM LSOA21CD LSOA21NM CHGIND LAD22CD LAD22NM LAD22NMW ObjectId"
WARDS = "LSOA21CD LSOA21NM LSOA21NMW WD24CD WD24NM WD24NMW LAD24CD LAD24NM LAD24NMW ObjectId"
CLASSES = "LSOA21CD LSOA21NM RUC21CD RUC21NM Urban_rural_flag ObjectId"
BANDS = [
    "date",
    "geography",
    "geography code",
    "Age: Total",
    "Age: Aged 4 years and under",
    *(f"Age: Aged {age} to {age + 4} years" for age in range(5, 85, 5)),
    "Age: Aged 85 years and over",
]
REFERRALS = (
    "OrgType OrgCode OrgName VariableType VariableA VariableB Count_ReferralsReceived Count_AccessingServices"
    " Count_FinishedCourseTreatment Mean_WaitAccessingServices Percentage_Recovery"
)
REGIONS = "SICBL26CD SICBL26CDH SICBL26NM ICB26CD ICB26CDH ICB26NM NHSER26CD NHSER26CDH NHSER26NM FID"


@pytest.mark.parametrize(
    ("headings", "source", "columns"),
    [
        (FILE_7, "imd_lsoa", {0: "lsoa_code", 4: "imd_score", 5: "imd_rank", 6: "imd_decile"}),
        (
            SUB_ICBS.split(),
            "lsoa_sub_icbs",
            {0: "lsoa_code", 2: "sub_icb_ons_code", 3: "sub_icb_code", 5: "icb_ons_code", 6: "icb_code"},
        ),
        (
            ["LSOA21CD", "LSOA21NM", "SICBL27CD", "SICBL27CDH", "ICB27CD", "ICB27CDH", "FID"],
            "lsoa_sub_icbs",
            {0: "lsoa_code", 2: "sub_icb_ons_code", 3: "sub_icb_code", 4: "icb_ons_code", 5: "icb_code"},
        ),
        (DISTRICTS.split(), "lsoa_districts", {2: "lsoa_code", 5: "district_code"}),
        (WARDS.split(), "lsoa_districts", {0: "lsoa_code", 6: "district_code"}),
        (CLASSES.split(), "rural_urban", {0: "lsoa_code", 2: "class_code", 4: "class"}),
        (
            BANDS,
            "census_age_bands",
            dict(zip([2, 3, *range(17, 22)], known_sources()["census_age_bands"].names, strict=True)),
        ),
        (
            REFERRALS.split(),
            "talking_therapies",
            {0: "org_type", 1: "org_code", 2: "org_name", 3: "variable_type", 4: "variable_a", 6: "value"},
        ),
        (REGIONS.split(), "ods_sub_icbs", dict(enumerate(known_sources()["ods_sub_icbs"].names[:-1]))),
        (
            REGIONS.replace("26", "27").split(),
            "ods_sub_icbs",
            dict(enumerate(known_sources()["ods_sub_icbs"].names[:-1])),
        ),
    ],
)
def test_headings_of_first_publishers_and_of_later_editions_are_read(
    headings: list[str], source: str, columns: dict[int, str]
) -> None:
    found = source_by_row(headings)
    assert found is not None and found.id == source
    header = column_names(headings, found, "f.csv")
    assert {place: name for place, name in enumerate(header.names) if name} == columns
    assert header.remark is None


@pytest.mark.parametrize(
    "headings",
    [
        ["pcds", "dointr", "doterm", "usertype", "LSOA21", "MSOA21", "LAD24", "ICB24", "RUC21"],
        ["MSOA21CD", "MSOA21NM", "RUC21CD", "RUC21NM", "Urban_rural_flag"],
        ["SICBL23CD", "SICBL23CDH", "SICBL23NM", "SICBL23NMW"],
        ["LSOA21CD", "Income Score (rate)"],
        [*REFERRALS.split(), "Count_EmploymentStatusEndTreatment_Employed"],
    ],
)
def test_a_file_with_a_few_of_the_headings_is_something_else(headings: list[str]) -> None:
    assert source_by_row(headings) is None


@pytest.mark.parametrize(
    ("source", "headings", "message"),
    [
        (
            "imd_lsoa",
            ["LSOA code (2011)", *FILE_7[1:]],
            r"^f.csv, row 1: lacks columns of 'Indices .*; expected lsoa21_code/LSOA code \(2021\)$",
        ),
        (
            "lsoa_sub_icbs",
            ["LSOA21CD", "SICBL26CD", "SICBL26CDH", "ICB26CD"],
            r"^f.csv, row 1: lacks columns of .*; expected icb24_code_nhs/ICB24CDH$",
        ),
        (
            "lsoa_sub_icbs",
            ["LSOA21CD", "SICBL26CD", "SICBL26CDH", "ICB25CDH", "ICB26CDH"],
            r"^f.csv, row 1, column 4 and 5: has two headings of one column, icb_code; found 'ICB25CDH and ICB26CDH'",
        ),
        (
            "lsoa_districts",
            ["LSOA21CD", "LAD22CD", "ltla22_code"],
            r"column 2 and 3: has two headings of one column, district_code",
        ),
    ],
)
def test_missing_and_ambiguous_columns_are_named(source: str, headings: list[str], message: str) -> None:
    found = source_by_row(headings)
    assert found is not None and found.id == source
    with pytest.raises(InputError, match=message):
        column_names(headings, found, "f.csv")


def look_up(path: Path, year: str) -> Path:
    rows = [
        SUB_ICBS.replace("24", year).split(),
        ["E01999001", "Anywhere 001A", "E38999001", "10A", "Anywhere", "E54999001", "QAA", "Any", "", "", "E07", "Any"],
        ["E01999002", "Anywhere 001B", "E38999002", "10B", "Anywhere", "E54999001", "QAA", "Any", "", "", "E07", "Any"],
    ]
    path.write_text("\ufeff" + "\r\n".join(map(",".join, rows)) + "\r\n", encoding="utf-8")
    return path


def test_a_look_up_is_read_by_the_columns_that_are_described_and_knows_its_edition(tmp_path: Path) -> None:
    path = look_up(tmp_path / "LSOA_(2021)_to_SICBL_(April_2027).csv", "27")
    [found] = contents(path, path.name, "0" * 64)
    assert (found.source_id, found.problem, found.remarks) == ("lsoa_sub_icbs", None, None)
    assert [subject.period for subject in found.subjects] == ["2027-04-01"]
    rows = recognise.read_rows(path, None, known_sources()["lsoa_sub_icbs"], path.name)
    assert rows.iloc[1].to_dict() == {
        "lsoa_code": "E01999002",
        "sub_icb_ons_code": "E38999002",
        "sub_icb_code": "10B",
        "icb_ons_code": "E54999001",
        "icb_code": "QAA",
        "_source_member": None,
        "_source_row": "3",
    }


def test_of_an_archive_with_a_file_for_each_kind_of_area_that_of_small_areas_is_read(tmp_path: Path) -> None:
    path = tmp_path / "census2021-ts007a.zip"
    with ZipFile(path, "w") as archive:
        for kind, code in {"ctry": "E92000001", "lsoa": "E01999001", "oa": "E00999001"}.items():
            rows = [BANDS, ["2021", "Anywhere", code, "190", *["10"] * 18]]
            archive.writestr(f"census2021-ts007a-{kind}.csv", "\n".join(map(",".join, rows)))
    found = {one.within[0]: one.problem for one in contents(path, path.name, "0" * 64)}
    assert found.pop("census2021-ts007a-lsoa.csv") is None
    assert list(found) == ["census2021-ts007a-ctry.csv", "census2021-ts007a-oa.csv"]
    assert str(found["census2021-ts007a-oa.csv"]).startswith(
        "census2021-ts007a.zip/census2021-ts007a-oa.csv, row 2, column geography code: is not 'Census 2021, usual"
    )
    assert str(found["census2021-ts007a-oa.csv"]).endswith(r"found 'E00999001'; expected such as E01000001")
