//! Checking that every reference has a target whose value is known by the time it is read.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::address::check_address;
use super::diagnostic_sink::{DiagnosticSink, UnparsedPart};
use super::draft::{PlanDraft, ServiceDraft};
use super::located::Located;
use super::model::{LAUNCH_ATTRIBUTES, RunOn};
use super::purpose::Purpose;
use super::service_index::{self, Declared, ServiceIndex};
use super::text::{Reference, Text};
use super::{cycles, unset_variables};
use crate::diagnostics::{Place, did_you_mean, shown};

/// The time at which a text is expanded, which determines the known values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EvaluationPhase {
    /// Before the service's instance is launched, or its address used.
    Launch,
    /// Once the instances of its level are launched: attributes, and the boot program's arguments.
    Boot,
    /// Once its own boot program has ended.
    Check,
}

/// The launch-time attribute that only launched services have.
pub(super) const INSTANCE_ID: &str = "instance_id";

/// Returns the reason why a service has no instance id.
pub(super) fn no_instance(service: &str) -> String {
    format!("service \"{}\" has no instance_id, since nothing is launched for it", shown(service))
}

/// A mistake, and its remedy.
type ReferenceMistake = (String, Option<String>);

/// Checks every reference of the plan. Returns the names of the referenced variables.
pub(super) fn references(
    plan: &PlanDraft,
    names: &ServiceIndex<'_>,
    variables: &BTreeMap<String, Located<String>>,
    purpose: Purpose,
    findings: &DiagnosticSink,
) -> BTreeSet<String> {
    let texts = variables.iter().map(|(name, value)| (name.as_str(), Text::new(value.value.as_str())));
    let variables: BTreeMap<&str, VariableUse<'_>> = texts
        .map(|(name, text)| (name, VariableUse { plain: text.is_plain(), place: &variables[name].place, text }))
        .collect();
    for variable in variables.values() {
        report_unclosed(&variable.text, variable.place, findings);
    }
    cycles::report(
        names,
        variables.iter().filter(|(_, v)| !v.plain).map(|(name, v)| (*name, v.place, &v.text)),
        findings,
    );
    let unset = &plan.extras.unset_variables;
    let mut checker =
        ReferenceChecker { names, variables, unset, purpose, findings, used: BTreeSet::new(), searches: 0 };
    for declared in &names.declared {
        checker.service(declared);
    }
    // Paths and the SSH user reference variables, too; `files` reports errors in them.
    for fields in plan.levels.iter().flat_map(|level| &level.services).map(|service| &service.fields) {
        let programs =
            fields.programs().flat_map(|(_, program)| std::iter::once(&program.program).chain(&program.config));
        let others = [&fields.user_data, &fields.ssh_user, &fields.ssh_key].into_iter().flatten();
        for path in programs.chain(others) {
            checker.used.extend(Text::new(path.value.as_str()).references().filter_map(|reference| match reference {
                Reference::Global(name) => Some(name),
                _ => None,
            }));
        }
    }
    checker.used
}

fn report_unclosed(text: &Text, place: &Place, findings: &DiagnosticSink) {
    for cut in text.unclosed() {
        let message = format!("{} stands for itself: it has no closing brace", shown(cut));
        findings.warning_with(place, message, Some(format!("write {}}} where a value is meant", shown(cut))));
    }
}

struct VariableUse<'a> {
    text: Text,
    plain: bool,
    place: &'a Place,
}

struct ReferenceChecker<'a> {
    names: &'a ServiceIndex<'a>,
    variables: BTreeMap<&'a str, VariableUse<'a>>,
    /// Variables whose environment variables are unset.
    unset: &'a BTreeMap<String, Located<String>>,
    purpose: Purpose,
    findings: &'a DiagnosticSink,
    used: BTreeSet<String>,
    /// The number of unknown services for which a hint was searched.
    searches: usize,
}

impl ReferenceChecker<'_> {
    fn service(&mut self, declared: &Declared<'_>) {
        let fields = &declared.draft.fields;
        for text in fields.attributes.values() {
            self.text(declared, &text.place, &text.value, EvaluationPhase::Boot);
        }
        for (kind, program) in fields.programs() {
            let moment = if kind == "boot" { EvaluationPhase::Boot } else { EvaluationPhase::Check };
            for arg in &program.args {
                self.text(declared, &arg.place, &arg.value, moment);
            }
        }
        if declared.draft.launches {
            for (place, text) in fields.launch_texts() {
                self.text(declared, place, text, EvaluationPhase::Launch);
            }
        } else if let Some(address) = &fields.address {
            self.text(declared, &address.place, &address.value, EvaluationPhase::Launch);
            let is_reached = fields.run_on.as_ref().is_none_or(|it| it.value != RunOn::ThisHost);
            if is_reached
                && address.value.is_plain()
                && let Err(wrong) = check_address(address.value.as_str())
            {
                self.findings.report(wrong.at(address.place.clone()));
            }
        }
    }

    /// Checks a text and, where their own check is not enough, the texts that it references.
    fn text(&mut self, reader: &Declared<'_>, place: &Place, text: &Text, moment: EvaluationPhase) {
        if !text.as_str().contains("${") {
            return;
        }
        report_unclosed(text, place, self.findings);
        let mut through: HashSet<Reference> = HashSet::new();
        // The texts still to be checked, with the references that led to them.
        let mut pending: Vec<(Text, Option<Reference>)> = vec![(text.clone(), None)];
        while let Some((text, by)) = pending.pop() {
            for reference in text.references() {
                if let Err((message, hint)) = self.reference(reader, &reference, moment, by.as_ref()) {
                    if self.is_unset(reader, place, &reference) || self.is_unread(reader, &reference) {
                        continue;
                    }
                    let message = match &by {
                        Some(by) => format!("{message} (read by way of {by})"),
                        None => message,
                    };
                    self.findings.error_with(place, message, hint);
                    continue;
                }
                let inner = match &reference {
                    Reference::Global(name) => {
                        self.variables.get(name.as_str()).filter(|v| !v.plain).map(|v| v.text.clone())
                    }
                    // In other phases the check of the attribute itself is sufficient.
                    Reference::Own(name) if moment == EvaluationPhase::Launch => {
                        reader.draft.fields.attributes.get(name).map(|text| text.value.clone())
                    }
                    _ => None,
                };
                if let Some(inner) = inner
                    && through.insert(reference.clone())
                {
                    pending.push((inner, Some(reference)));
                }
            }
        }
    }

    /// Returns whether the target's value is an unset environment variable, which is then reported, except for an
    /// import, which needs no values.
    fn is_unset(&self, reader: &Declared<'_>, place: &Place, reference: &Reference) -> bool {
        let of = |draft: &'_ ServiceDraft, attribute: &str| draft.fields.unset_attributes.get(attribute).cloned();
        let (what, name, variable) = match reference {
            Reference::Global(name) => ("variable", name, self.unset.get(name).cloned()),
            Reference::Own(name) => ("attribute", name, of(reader.draft, name)),
            Reference::Service { service, attribute } => {
                let draft = self.names.get(service).map(|position| self.names.declared[position].draft);
                ("attribute", attribute, draft.and_then(|draft| of(draft, attribute)))
            }
        };
        if let Some(variable) = &variable
            && self.purpose == Purpose::Run
        {
            unset_variables::report(self.findings, what, name, variable, place);
        }
        variable.is_some()
    }

    /// Returns whether the target of the reference may be in a part of the plan that could not be read.
    fn is_unread(&self, reader: &Declared<'_>, reference: &Reference) -> bool {
        let (missing, part) = match reference {
            Reference::Global(name) => (!self.variables.contains_key(name.as_str()), UnparsedPart::Anything),
            Reference::Own(attribute) => (!is_stated(reader, attribute), UnparsedPart::Attributes),
            Reference::Service { service, attribute } => match self.names.get(service) {
                Some(position) => (!is_stated(&self.names.declared[position], attribute), UnparsedPart::Attributes),
                None => (self.names.replicated_base(service).is_none(), UnparsedPart::Anything),
            },
        };
        missing && self.findings.is_unread(part)
    }

    fn reference(
        &mut self,
        reader: &Declared<'_>,
        reference: &Reference,
        moment: EvaluationPhase,
        by: Option<&Reference>,
    ) -> Result<(), ReferenceMistake> {
        match reference {
            Reference::Global(name) => self.global(name),
            Reference::Own(attribute) => {
                if let Some(Reference::Global(variable)) = by {
                    return Err((
                        format!("the variable \"{variable}\" cannot read {reference}"),
                        Some("a variable belongs to no service; write ${SERVICE.ATTRIBUTE}".to_owned()),
                    ));
                }
                if reader.draft.fields.secrets.contains_key(attribute) {
                    return Err(secret(reference));
                }
                own(reader, attribute, moment)
            }
            Reference::Service { service, attribute } => self.other(reader, service, attribute, moment),
        }
    }

    fn global(&mut self, name: &str) -> Result<(), ReferenceMistake> {
        if self.variables.contains_key(name) {
            if !self.used.contains(name) {
                self.used.insert(name.to_owned());
            }
            return Ok(());
        }
        self.used.insert(name.to_owned());
        let hint = did_you_mean(name, self.variables.keys().copied())
            .unwrap_or_else(|| format!("define it in the plan, or give --var {}=VALUE", shown(name)));
        Err((format!("unknown variable ${{global.{}}}", shown(name)), Some(hint)))
    }

    fn other(
        &mut self,
        reader: &Declared<'_>,
        service: &str,
        attribute: &str,
        moment: EvaluationPhase,
    ) -> Result<(), ReferenceMistake> {
        let Some(position) = self.names.get(service) else { return Err(self.unknown_service(service, attribute)) };
        let target = &self.names.declared[position];
        if target.draft.fields.secrets.contains_key(attribute) {
            return Err(secret(&Reference::Service { service: service.to_owned(), attribute: attribute.to_owned() }));
        }
        let written = format!("${{{service}.{attribute}}}");
        if target.level > reader.level {
            return Err((
                format!(
                    "{written} reads a service of a later level: \"{service}\" is in {}, \"{}\" in {}",
                    self.names.level(target.level),
                    reader.draft.name.value,
                    self.names.level(reader.level)
                ),
                Some("a service can read services of its own level and of earlier ones".to_owned()),
            ));
        }
        if std::ptr::eq(target.draft, reader.draft) && reader.draft.replicas == 1 {
            return own(reader, attribute, moment);
        }
        if attribute == INSTANCE_ID && !target.draft.launches {
            return Err((format!("{written} has no value: {}", no_instance(service)), None));
        }
        let same_level = target.level == reader.level;
        if same_level && moment == EvaluationPhase::Launch {
            let what = if reader.draft.launches { "what is launched" } else { "an address" };
            return Err((
                format!("{written} is not known yet: {what} can read services of earlier levels only"),
                Some(format!(
                    "\"{service}\" is in the same level; move \"{}\" to a later one",
                    reader.draft.name.value
                )),
            ));
        }
        if is_stated(target, attribute) {
            return Ok(());
        }
        match (target.draft.fields.boot.is_some(), same_level) {
            (true, false) => Ok(()),
            (true, true) => Err((
                format!("{written} is not known yet: what a boot program writes can be read from later levels only"),
                did_you_mean(attribute, stated(target)),
            )),
            (false, _) => Err((
                format!("service \"{service}\" has no attribute \"{}\"", shown(attribute)),
                did_you_mean(attribute, stated(target)),
            )),
        }
    }

    fn unknown_service(&mut self, service: &str, attribute: &str) -> ReferenceMistake {
        /// The maximum number of searches for a hint. A plan with more such mistakes has a common cause, and the search
        /// is slow.
        const SEARCHES: usize = 20;
        if let Some(draft) = self.names.replicated_base(service) {
            return (
                format!("${{{service}.{attribute}}} names no service: {service} has {} replicas", draft.replicas),
                Some(format!("name one of {}", service_index::replicas(draft))),
            );
        }
        let whole = format!("{service}.{attribute}");
        let dotted =
            whole.match_indices('.').skip(1).map(|(at, _)| &whole[..at]).find(|name| self.names.get(name).is_some());
        if let Some(dotted) = dotted {
            return (
                format!("unknown service \"{}\" in ${{{whole}}}", shown(service)),
                Some(format!("a reference ends the service's name at the first \".\"; rename \"{dotted}\" to read it")),
            );
        }
        self.searches += 1;
        let mut hint = None;
        if self.searches <= SEARCHES {
            let all: Vec<String> = self.names.declared.iter().flat_map(|declared| declared.draft.names()).collect();
            hint = did_you_mean(service, all.iter().map(String::as_str));
        }
        (format!("unknown service \"{}\" in ${{{service}.{attribute}}}", shown(service)), hint)
    }
}

fn secret(reference: &Reference) -> ReferenceMistake {
    let hint = "only the config template of the service itself may read it, as $NAME; another service that needs it names \
                the same secret among its own attributes";
    (format!("{reference} is secret, and what reads it here would show it"), Some(hint.to_owned()))
}

fn own(reader: &Declared<'_>, attribute: &str, moment: EvaluationPhase) -> Result<(), ReferenceMistake> {
    let written = format!("${{.{attribute}}}");
    let own = reader.draft.fields.attributes.contains_key(attribute) || reader.draft.settings.contains_key(attribute);
    if attribute == INSTANCE_ID && !reader.draft.launches {
        return Err((no_instance(&reader.draft.name.value), None));
    }
    if moment == EvaluationPhase::Launch {
        if own || matches!(attribute, "name" | "run_name") {
            return Ok(());
        }
        if LAUNCH_ATTRIBUTES.contains(&attribute) {
            return Err((format!("{written} is not known before the service is launched"), None));
        }
    } else if is_stated(reader, attribute) {
        return Ok(());
    }
    let name = &reader.draft.name.value;
    match (reader.draft.fields.boot.is_some(), moment) {
        (true, EvaluationPhase::Check) => Ok(()),
        (true, _) => Err((
            format!("service \"{}\" has no attribute \"{}\"", shown(name), shown(attribute)),
            Some(did_you_mean(attribute, stated(reader)).unwrap_or_else(|| {
                "what its boot program writes can be read by its ready and terminate programs, and from later levels".to_owned()
            })),
        )),
        (false, _) => Err((
            format!("service \"{}\" has no attribute \"{}\"", shown(name), shown(attribute)),
            did_you_mean(attribute, stated(reader)),
        )),
    }
}

/// Returns whether the plan itself declares this attribute of the service.
fn is_stated(service: &Declared<'_>, attribute: &str) -> bool {
    LAUNCH_ATTRIBUTES.contains(&attribute)
        || service.draft.fields.attributes.contains_key(attribute)
        || service.draft.settings.contains_key(attribute)
}

fn stated<'s>(service: &'s Declared<'_>) -> impl Iterator<Item = &'s str> {
    service
        .draft
        .fields
        .attributes
        .keys()
        .chain(service.draft.settings.keys())
        .map(String::as_str)
        .chain(LAUNCH_ATTRIBUTES)
}
