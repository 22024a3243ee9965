//! The catalog's files, listed one by one so that a stray file is noticed.

/// A form's facts and its prose.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) id: &'static str,
    pub(crate) toml: &'static str,
    pub(crate) prose: &'static str,
}

macro_rules! files {
    ($($id:literal)*) => {
        &[$(File {
            id: $id,
            toml: include_str!(concat!("../catalog/", $id, ".toml")),
            prose: include_str!(concat!("../catalog/", $id, ".md")),
        },)*]
    };
}

/// Other names of forms.
pub(crate) const ALIASES: &str = include_str!("../catalog/aliases.toml");

/// All forms, sorted by id.
pub(crate) const FILES: &[File] = files! {
    "3rs-2015-observer"
    "3rs-2022-observer"
    "ans-client"
    "ans-therapist"
    "arm-12-client"
    "arm-12-therapist"
    "arm-28-client"
    "arm-28-therapist"
    "arm-5-client"
    "arm-5-therapist"
    "br-wai-client"
    "calpas-12-client"
    "calpas-12-therapist"
    "calpas-client"
    "calpas-group-client"
    "calpas-observer"
    "calpas-pharmacotherapy-client"
    "calpas-pharmacotherapy-observer"
    "calpas-therapist"
    "casf-client"
    "cgsrs-client"
    "cis-observer"
    "cis-r-observer"
    "csrs-client"
    "dwai-client"
    "gsrs-client"
    "haq-6-client"
    "haq-german-client"
    "haq-german-therapist"
    "haq-i-client"
    "haq-i-therapist"
    "haq-ii-client"
    "haq-ii-therapist"
    "harper-observer"
    "has-client"
    "has-clinician"
    "i-tas-client"
    "itas-sf-client"
    "ivta-client"
    "kas-16-client"
    "kas-28-client"
    "kas-30-client"
    "marm-client"
    "mm-dta-client"
    "penn-observer"
    "psq-client"
    "psq-therapist"
    "rri-12-client"
    "rri-8-client"
    "rri-client"
    "rri-therapist"
    "rrs-observer"
    "s-estar-client"
    "sai-client"
    "softa-client"
    "softa-observer"
    "softa-therapist"
    "srs-client"
    "star-client"
    "star-clinician"
    "taq-client"
    "taqr-therapist"
    "taqs-caregiver"
    "taqs-client"
    "tasc-r-client"
    "tasc-r-therapist"
    "tascp-caregiver"
    "tpocs-a-observer"
    "vpps-client"
    "vpps-observer"
    "vpps-therapist"
    "vtas-vanderbilt-observer"
    "vtas-vanderbilt-revised-observer"
    "vtas-vanderbilt-revised-short-observer"
    "vtas-virtual-client"
    "wai-36-client"
    "wai-36-observer"
    "wai-36-therapist"
    "wai-b3-client"
    "wai-b3-therapist"
    "wai-ca-client"
    "wai-case-manager-client"
    "wai-chiropractic-client"
    "wai-couple-partner"
    "wai-couple-therapist"
    "wai-family-practice-client"
    "wai-group-client"
    "wai-i-client"
    "wai-past-tense-client"
    "wai-red-client"
    "wai-s-blocked-observer"
    "wai-s-client"
    "wai-s-observer"
    "wai-s-russian-client"
    "wai-s-therapist"
    "wai-session-client"
    "wai-sr-client"
    "wai-sr-observer"
    "wai-sr-therapist"
    "wai-srt-therapist"
    "wai-supervision-supervisee"
    "wai-tech-sf-client"
    "wav-12r-caregiver"
    "wav-12r-team"
    "ycsrs-client"
};
