//! Stacks that take their time and fail, as CloudFormation's do: moto's are made at once, and always.

use std::collections::BTreeMap;

use super::FaultProxy;
use super::error::{AwsError, xml_answer};
use super::faults::Tokens;
use super::log::Call;
use super::parameters::Parameters;
use super::shared::Shared;
use super::xml::Element;
use crate::aws::Answer;
use crate::effect::glob;

/// How many events are on a page: few, so that tests see several.
const PAGE: usize = 4;

/// What is done with a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Create,
    Update,
    Delete,
}

/// How it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Well.
    Done,
    /// This resource fails for this reason. A creation is then undone as its call wants it, an update is rolled back.
    Fails(&'static str, &'static str),
}

/// What happens to one change of a stack.
#[derive(Clone, Debug)]
pub struct StackScript {
    /// The stack's name, as a glob.
    pub stack: &'static str,
    pub verb: Verb,
    /// How many looks at it see it under way.
    pub looks: usize,
    pub end: End,
}

/// The stacks of a proxy.
#[derive(Debug, Default)]
pub(super) struct Stacks {
    /// What happens to changes that are still to come.
    pub scripts: Vec<StackScript>,
    known: BTreeMap<String, Stack>,
    /// What calls with these tokens were answered.
    answered: BTreeMap<(String, String), Answer>,
}

/// A stack as it is shown.
#[derive(Debug)]
struct Stack {
    name: String,
    region: String,
    /// What is shown in the place of moto's status.
    status: Option<String>,
    under_way: Option<Course>,
    /// The oldest first.
    events: Vec<Element>,
}

#[derive(Debug)]
struct Course {
    verb: Verb,
    looks: usize,
    end: End,
    on_failure: String,
    /// Whether it goes back to where it was.
    returns: bool,
    call: Parameters,
}

impl Verb {
    fn word(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }
}

impl Stacks {
    fn take(&mut self, name: &str, verb: Verb) -> (usize, End) {
        let fits = |script: &StackScript| script.verb == verb && glob(script.stack, name);
        let place = self.scripts.iter().position(fits);
        place.map_or((0, End::Done), |place| {
            let script = self.scripts.remove(place);
            (script.looks, script.end)
        })
    }

    /// The stack of this id, or the living one of this name.
    fn id_of(&self, name_or_id: &str) -> Option<String> {
        let lives = |stack: &&Stack| stack.status.as_deref() != Some("DELETE_COMPLETE");
        let mut named = self.known.iter().filter(|(_, stack)| stack.name == name_or_id && lives(stack));
        let known = self.known.get_key_value(name_or_id).or_else(|| named.next());
        known.map(|(id, _)| id.clone())
    }
}

impl Stack {
    fn tell(&mut self, id: &str, kind: &str, resource: &str, status: &str, reason: &str) {
        let token =
            self.under_way.as_ref().and_then(|course| course.call.get("ClientRequestToken")).unwrap_or_default();
        let event = Element::new("member")
            .with(Element::leaf("StackId", id))
            .with(Element::leaf("EventId", format!("{}", self.events.len())))
            .with(Element::leaf("StackName", &self.name))
            .with(Element::leaf("LogicalResourceId", resource))
            .with(Element::leaf("ResourceType", kind))
            .with(Element::leaf("Timestamp", "2026-11-20T12:00:00Z"))
            .with(Element::leaf("ResourceStatus", status))
            .with(Element::leaf("ResourceStatusReason", reason))
            .with(Element::leaf("ClientRequestToken", token));
        self.events.push(event);
    }

    fn own(&mut self, id: &str, status: &str, reason: &str) {
        let name = self.name.clone();
        self.tell(id, "AWS::CloudFormation::Stack", &name, status, reason);
    }
}

impl Shared {
    /// Carries a call about stacks out.
    pub(super) fn stack_call(&self, call: &Call, request: &str, forward: &dyn Fn() -> Answer) -> Answer {
        if call.action == "DeleteStack" {
            self.script_what_is_in_the_way(&call.region, call.parameters.get("StackName").unwrap_or_default());
        }
        let mut stacks = self.stacks.lock().unwrap();
        let name = call.parameters.get("StackName").unwrap_or_default();
        let done = match call.action.as_str() {
            "CreateStack" | "UpdateStack" => self.once(&mut stacks, call, |stacks| match stacks.id_of(name) {
                Some(id) if call.action == "UpdateStack" => self.update(stacks, &id, call, forward),
                _ if call.action == "CreateStack" => Ok(create(stacks, call, forward)),
                _ => Ok(forward()),
            }),
            "DeleteStack" => Ok(match stacks.id_of(name) {
                Some(id) => delete(&mut stacks, &id, call, forward),
                None => forward(),
            }),
            "DescribeStacks" => Ok(match stacks.id_of(name) {
                Some(id) => self.look(&mut stacks, &id, forward),
                None => forward(),
            }),
            "DescribeStackEvents" => Ok(match stacks.id_of(name).and_then(|id| stacks.known.get(&id)) {
                Some(stack) => events(stack, call),
                None => forward(),
            }),
            _ => Ok(forward()),
        };
        done.unwrap_or_else(|error| error.answer("cloudformation", request))
    }

    /// A call with a token that was used before is answered as before.
    fn once(
        &self,
        stacks: &mut Stacks,
        call: &Call,
        carry_out: impl FnOnce(&mut Stacks) -> Result<Answer, AwsError>,
    ) -> Result<Answer, AwsError> {
        let token = call.parameters.get("ClientRequestToken").unwrap_or_default();
        let key = (call.action.clone(), token.to_owned());
        let remembers = self.faults().tokens != Tokens::Ignored && !token.is_empty();
        if let Some(answer) = stacks.answered.get(&key).filter(|_| remembers) {
            return Ok(answer.clone());
        }
        let answer = carry_out(stacks)?;
        if answer.status < 300 {
            stacks.answered.insert(key, answer.clone());
        }
        Ok(answer)
    }

    fn update(
        &self,
        stacks: &mut Stacks,
        id: &str,
        call: &Call,
        forward: &dyn Fn() -> Answer,
    ) -> Result<Answer, AwsError> {
        let name = stacks.known[id].name.clone();
        let (shown, busy) = (stacks.known[id].status.clone(), stacks.known[id].under_way.is_some());
        if let Some(status) = shown.filter(|status| busy || status != "UPDATE_ROLLBACK_COMPLETE") {
            return Err(AwsError::new(
                "ValidationError",
                format!("Stack:{id} is in {status} state and can not be updated."),
            ));
        }
        let (looks, end) = stacks.take(&name, Verb::Update);
        let answer = match end {
            End::Done => forward(),
            End::Fails(..) => {
                let result = Element::new("UpdateStackResult").with(Element::leaf("StackId", id));
                xml_answer(200, Element::new("UpdateStackResponse").with(result).document())
            }
        };
        if answer.status < 300 {
            begin(stacks, id, Verb::Update, looks, end, call);
        }
        Ok(answer)
    }

    /// A look at one stack brings it on.
    fn look(&self, stacks: &mut Stacks, id: &str, forward: &dyn Fn() -> Answer) -> Answer {
        if let Some(stack) = stacks.known.get_mut(id)
            && let Some(course) = &mut stack.under_way
        {
            if course.looks > 0 {
                course.looks -= 1;
            } else {
                self.bring_on(stack, id);
            }
        }
        let answer = forward();
        let status = stacks.known.get(id).and_then(|stack| stack.status.clone());
        let (Some(status), Ok(mut shown)) = (status, Element::parse(&answer.text())) else { return answer };
        if answer.status < 300 {
            shown.set("DescribeStacksResult/Stacks/member/StackStatus", &status);
            return xml_answer(200, shown.document());
        }
        answer
    }

    /// What comes next for a stack whose change has taken its time.
    fn bring_on(&self, stack: &mut Stack, id: &str) {
        let Some(course) = &mut stack.under_way else { return };
        let (verb, end, deletes) = (course.verb, course.end.clone(), course.on_failure == "DELETE");
        let (returns, call) = (std::mem::replace(&mut course.returns, true), course.call.clone());
        let finish = |stack: &mut Stack, status: Option<&str>| {
            let told = status.map_or_else(|| format!("{}_COMPLETE", verb.word()), str::to_owned);
            stack.own(id, &told, "");
            (stack.status, stack.under_way) = (status.map(str::to_owned), None);
        };
        let region = stack.region.clone();
        match (verb, end) {
            (Verb::Delete, End::Done) => {
                let _ = self.query("cloudformation", &region, &call);
                finish(stack, Some("DELETE_COMPLETE"));
            }
            (_, End::Done) => finish(stack, None),
            (Verb::Delete, End::Fails(resource, reason)) => {
                stack.tell(id, "AWS::A::Resource", resource, "DELETE_FAILED", reason);
                finish(stack, Some("DELETE_FAILED"));
            }
            (Verb::Create | Verb::Update, End::Fails(resource, reason)) if !returns => {
                stack.tell(id, "AWS::A::Resource", resource, &format!("{}_FAILED", verb.word()), reason);
                stack.tell(
                    id,
                    "AWS::A::Resource",
                    "Other",
                    &format!("{}_FAILED", verb.word()),
                    "Resource creation cancelled",
                );
                let back = match verb {
                    Verb::Update => "UPDATE_ROLLBACK_IN_PROGRESS",
                    _ if deletes => "DELETE_IN_PROGRESS",
                    _ => "ROLLBACK_IN_PROGRESS",
                };
                stack.own(id, back, &format!("The following resource(s) failed: [{resource}]."));
                stack.status = Some(back.to_owned());
            }
            (Verb::Update, End::Fails(..)) => finish(stack, Some("UPDATE_ROLLBACK_COMPLETE")),
            (Verb::Create, End::Fails(..)) if deletes => {
                let delete = Parameters::of("DeleteStack", &[("StackName", id), ("Version", "2010-05-15")]);
                let _ = self.query("cloudformation", &region, &delete);
                finish(stack, Some("DELETE_COMPLETE"));
            }
            (Verb::Create, End::Fails(..)) => {
                let nothing =
                    "{\"Resources\": {\"Nothing\": {\"Type\": \"AWS::CloudFormation::WaitConditionHandle\"}}}";
                let empty = [("StackName", id), ("TemplateBody", nothing), ("Version", "2010-05-15")];
                let _ = self.query("cloudformation", &region, &Parameters::of("UpdateStack", &empty));
                finish(stack, Some("ROLLBACK_COMPLETE"));
            }
        }
    }
}

impl FaultProxy {
    /// Shows a stack in this status until something is done with it.
    pub fn show_stack(&self, id: &str, status: &str) {
        let mut stacks = self.cloud.shared.stacks.lock().unwrap();
        stacks.known.get_mut(id).expect("the stack is known").status = Some(status.to_owned());
    }
}

fn begin(stacks: &mut Stacks, id: &str, verb: Verb, looks: usize, end: End, call: &Call) {
    let Some(stack) = stacks.known.get_mut(id) else { return };
    let on_failure = call.parameters.get("OnFailure").unwrap_or("ROLLBACK").to_owned();
    let at_once = looks == 0 && end == End::Done;
    let course =
        Course { verb, looks: looks.saturating_sub(1), end, on_failure, returns: false, call: call.parameters.clone() };
    stack.under_way = Some(course);
    stack.status = Some(format!("{}_IN_PROGRESS", verb.word()));
    stack.own(id, &format!("{}_IN_PROGRESS", verb.word()), "User Initiated");
    if at_once {
        stack.own(id, &format!("{}_COMPLETE", verb.word()), "");
        stack.under_way = None;
        stack.status = (verb == Verb::Delete).then(|| "DELETE_COMPLETE".to_owned());
    }
}

fn create(stacks: &mut Stacks, call: &Call, forward: &dyn Fn() -> Answer) -> Answer {
    let answer = forward();
    let made = Element::parse(&answer.text()).unwrap_or_default();
    let id = made.get("CreateStackResult/StackId").to_owned();
    if answer.status < 300 && !id.is_empty() {
        let name = call.parameters.get("StackName").unwrap_or_default().to_owned();
        let (looks, end) = stacks.take(&name, Verb::Create);
        let stack = Stack { name, region: call.region.clone(), status: None, under_way: None, events: Vec::new() };
        stacks.known.insert(id.clone(), stack);
        begin(stacks, &id, Verb::Create, looks, end, call);
    }
    answer
}

fn delete(stacks: &mut Stacks, id: &str, call: &Call, forward: &dyn Fn() -> Answer) -> Answer {
    let stack = &stacks.known[id];
    let (name, status) = (stack.name.clone(), stack.status.clone().unwrap_or_default());
    if matches!(status.as_str(), "DELETE_IN_PROGRESS" | "DELETE_COMPLETE") {
        return deleted();
    }
    if call.parameters.has("RetainResources") && status != "DELETE_FAILED" {
        let message = format!(
            "Invalid operation on stack [{id}]. When you delete a stack, specify which resources to retain only when the stack is in the DELETE_FAILED state."
        );
        return AwsError::new("ValidationError", message).answer("cloudformation", "");
    }
    let (looks, end) = stacks.take(&name, Verb::Delete);
    let answer = if looks == 0 && end == End::Done { forward() } else { deleted() };
    if answer.status < 300 {
        begin(stacks, id, Verb::Delete, looks, end, call);
    }
    answer
}

fn deleted() -> Answer {
    xml_answer(200, Element::new("DeleteStackResponse").document())
}

fn events(stack: &Stack, call: &Call) -> Answer {
    let from = call.parameters.number("NextToken").unwrap_or_default();
    let mut shown = Element::new("StackEvents");
    shown.children = stack.events.iter().rev().skip(from).take(PAGE).cloned().collect();
    let mut result = Element::new("DescribeStackEventsResult").with(shown);
    if from + PAGE < stack.events.len() {
        result = result.with(Element::leaf("NextToken", (from + PAGE).to_string()));
    }
    xml_answer(200, Element::new("DescribeStackEventsResponse").with(result).document())
}
