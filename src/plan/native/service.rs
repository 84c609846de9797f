//! The keys that a service and `[defaults]` share.

use toml::de::DeValue;

use super::super::draft::{Fields, ProgramDraft};
use super::super::lease::Lease;
use super::super::located::Located;
use super::super::model::{LAUNCH_ATTRIBUTES, Market, OnFailure, RunOn};
use super::super::text::Text;
use super::table::Table;
use super::{elastic, hardware, ssh};
use crate::diagnostics::shown;

/// The maximum number of retries of a program: one that needs more is broken.
const MAX_RETRIES: u64 = 1000;

/// cloudinit.d's keys, with their native names.
const OLD_NAMES: [(&str, &str); 23] = [
    ("allocation", "instance_type = …"),
    ("bootconf", "boot = { config = … }"),
    ("bootpgm", "boot = { program = … }"),
    ("bootpgm_args", "boot = { args = […] }"),
    ("deps", "attributes = { … }"),
    ("hostname", "address = …"),
    ("iaas", "cloud = …"),
    ("iaas_key", "profile = … in [clouds.NAME]"),
    ("iaas_launch", "image = …"),
    ("iaas_secret", "profile = … in [clouds.NAME]"),
    ("iaas_url", "cloud = …, with an endpoint in [clouds.NAME]"),
    ("local_exe", "run_on = \"this-host\""),
    ("localsshkeypath", "ssh = { key = … }"),
    ("pgm_timeout", "boot = { timeout = … }"),
    ("readypgm", "ready = { program = … }"),
    ("readypgm_args", "ready = { args = […] }"),
    ("replica_count", "replicas = …"),
    ("scp_username", "ssh = { user = … }"),
    ("securitygroups", "security_groups = […]"),
    ("ssh_username", "ssh = { user = … }"),
    ("sshkeyname", "key_name = …"),
    ("terminatepgm", "terminate = { program = … }"),
    ("terminatepgm_args", "terminate = { args = […] }"),
];

/// Returns a hint for keys of cloudinit.d's notation, also if misspelled.
pub(super) fn old_name(key: &str) -> Option<String> {
    let old = crate::diagnostics::nearest(key, OLD_NAMES.map(|(old, _)| old))?;
    // An equally similar native name is more likely.
    let distance = strsim::damerau_levenshtein(key, old);
    let (_, ours) = OLD_NAMES.into_iter().find(|(name, _)| *name == old).filter(|_| distance <= 1)?;
    Some(format!("cloudinit.d's \"{old}\" is written {ours} here"))
}

/// Returns a hint for sections of cloudinit.d's notation, which in TOML are tables of the plan.
pub(super) fn old_section(key: &str) -> Option<String> {
    let ours = match key {
        "runlevels" => "[[levels]]",
        "globals" => "[variables]",
        "deps" => "attributes = { … } of a service",
        _ if key.starts_with("svc-") => "[levels.services.NAME] below [[levels]]",
        _ if key.starts_with("cloud-") => "[clouds.NAME]",
        _ => return None,
    };
    Some(format!("cloudinit.d's [{}] is written {ours} here", shown(key)))
}

/// Reads the keys common to services and defaults.
pub(super) fn fields(table: &Table<'_, '_>) -> Fields {
    let mut fields = Fields {
        cloud: table.string("cloud"),
        run_on: table.choice(
            "run_on",
            &[("instance", RunOn::Instance), ("address", RunOn::Address), ("this-host", RunOn::ThisHost)],
        ),
        image: table.text("image"),
        instance_type: table.one_or_several("instance_type"),
        market: table.choices("market", &[("spot", Market::Spot), ("on-demand", Market::OnDemand)]),
        max_price: max_price(table),
        key_name: table.text("key_name"),
        security_groups: table
            .texts("security_groups")
            .map(|(place, texts)| Located::new(texts.into_iter().map(|text| text.value).collect(), place)),
        zone: table.one_or_several("zone"),
        subnet: table.one_or_several("subnet"),
        lease: lease(table),
        instance_profile: table.text("instance_profile"),
        disk: hardware::disk(table),
        metadata_hop_limit: hardware::metadata_hop_limit(table),
        capacity_reservation: table.text("capacity_reservation"),
        placement_group: table.text("placement_group"),
        tenancy: hardware::tenancy(table),
        user_data: table.path("user_data"),
        allow: table
            .texts("allow")
            .map(|(_, names)| names.into_iter().map(|name| name.value.as_str().to_owned()).collect())
            .unwrap_or_default(),
        timeout: table.duration("timeout"),
        elastic: elastic::elastic(table),
        boot: program(table, "boot"),
        ready: program(table, "ready"),
        terminate: program(table, "terminate"),
        ..Fields::default()
    };
    if let Some(ssh) = table.table("ssh") {
        ssh::read(ssh, &mut fields);
    }
    for (key, value) in table.pairs("tags") {
        if key.value.is_empty() || key.value.starts_with("hoist:") || key.value.starts_with("aws:") {
            let message = format!(
                "the tag \"{}\" cannot be set: tags of hoist and of the cloud are their own",
                shown(&key.value)
            );
            table.reader.findings.error(&key.place, message);
        } else if let Some(value) = table.given(&format!("tags.{}", shown(&key.value)), value) {
            fields.tags.insert(key.value, value.map(Text::from));
        }
    }
    let (attributes, secrets) = table.pairs_and_tables("attributes");
    for (key, inner) in secrets {
        if check_attribute_name(table, &key)
            && let Some(source) = inner.string("secret")
        {
            fields.secrets.insert(key.value, source);
        } else if inner.get("secret").is_none() {
            let hint = "a secret is written { secret = \"env:NAME\" } or { secret = \"file:PATH\" }".to_owned();
            let message = format!("\"{}\" must be a string, a number, a boolean or a secret", shown(&key.value));
            table.reader.findings.error_with(&key.place, message, Some(hint));
        }
        inner.finish();
    }
    for (key, value) in attributes {
        if !check_attribute_name(table, &key) {
            continue;
        }
        match value {
            Ok(value) => drop(fields.attributes.insert(key.value, value.map(Text::from))),
            Err(variable) => drop(fields.unset_attributes.insert(key.value, variable)),
        }
    }
    fields
}

/// Checks an attribute's name. Reports an invalid one.
fn check_attribute_name(table: &Table<'_, '_>, key: &Located<String>) -> bool {
    let message = if LAUNCH_ATTRIBUTES.contains(&key.value.as_str()) {
        format!("the attribute \"{}\" cannot be set: every service has one of its own", key.value)
    } else if is_attribute_name(&key.value) {
        return true;
    } else {
        format!("\"{}\" cannot name an attribute: letters, digits, \"_\", \"-\" and \".\" can", shown(&key.value))
    };
    table.reader.findings.error(&key.place, message);
    false
}

/// Returns whether `${SERVICE.name}` can reference it.
fn is_attribute_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

fn lease(table: &Table<'_, '_>) -> Option<Located<Lease>> {
    let text = table.scalar("lease")?;
    match text.value.parse() {
        Ok(lease) => Some(text.map(|_| lease)),
        Err(problem) => {
            table.invalid(&text.place, "lease", &problem.to_string());
            None
        }
    }
}

fn max_price(table: &Table<'_, '_>) -> Option<Located<String>> {
    let price = table.scalar("max_price")?;
    let digits = price.value.chars().all(|c| c.is_ascii_digit() || c == '.');
    match price.value.parse::<f64>() {
        Ok(dollars) if digits && dollars > 0.0 => Some(price),
        _ => {
            let problem =
                format!("must be a price in US dollars an hour such as \"0.05\", not \"{}\"", shown(&price.value));
            table.invalid(&price.place, "max_price", &problem);
            None
        }
    }
}

/// Reads a program: a path alone, or a table.
fn program(table: &Table<'_, '_>, key: &'static str) -> Option<ProgramDraft> {
    let (place, value) = table.get(key)?;
    if matches!(value.get_ref(), DeValue::String(_)) {
        let program = table.path(key)?;
        return Some(ProgramDraft {
            program,
            args: Vec::new(),
            config: None,
            timeout: None,
            retries: None,
            optional: false,
            on_failure: OnFailure::Keep,
        });
    }
    if !matches!(value.get_ref(), DeValue::Table(_)) {
        table.wrong(&place, key, "a path or a table", value.get_ref());
        return None;
    }
    let inner = table.table(key)?;
    let program = inner.path("program");
    if program.is_none() && inner.get("program").is_none() {
        table.invalid(&place, key, "\"program\" is missing; it names the file to run");
    }
    let args = inner.texts("args").map(|(_, args)| args).unwrap_or_default();
    let timeout = inner.limit("timeout");
    let retries = inner.integer("retries", 0..=MAX_RETRIES).map(|n| n.map(|n| u32::try_from(n).unwrap_or(u32::MAX)));
    let config = if key == "boot" { inner.path("config") } else { None };
    let optional = key == "ready" && inner.boolean("optional").is_some_and(|optional| optional.value);
    let on_failure = if key == "terminate" {
        inner.choice("on_failure", &[("keep", OnFailure::Keep), ("continue", OnFailure::Continue)])
    } else {
        None
    };
    inner.finish();
    let on_failure = on_failure.map(|on_failure| on_failure.value).unwrap_or_default();
    Some(ProgramDraft { program: program?, args, config, timeout, retries, optional, on_failure })
}
