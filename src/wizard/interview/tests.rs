use super::*;
use crate::diagnostics::Place;
use crate::wizard::draft::tests::{NEEDED, draft, here};

fn answer_all(interview: &mut Interview) -> Vec<&'static str> {
    let mut asked = Vec::new();
    while let Some(question) = interview.next() {
        assert!(asked.len() < 100, "it does not end: {asked:?}");
        let needed = NEEDED.iter().find(|(known, _)| *known == question).map(|(_, text)| (*text).to_owned());
        let text = needed.or_else(|| interview.offer(question)).unwrap();
        interview.answer(question, &text).unwrap();
        asked.push(question.key());
    }
    asked
}

#[test]
fn by_hand_and_by_options_is_the_same() {
    let (mut interview, wrong) = Interview::new(Draft::new(here()));
    assert!(wrong.is_empty());
    let asked = answer_all(&mut interview);
    assert_eq!((asked[0], asked[1], asked.last()), ("cloud", "region", Some(&"lease")), "{asked:?}");
    assert!(!asked.contains(&"endpoint") && !asked.contains(&"password_from"), "{asked:?}");
    assert_eq!(interview.draft().whole().unwrap(), draft().whole().unwrap());
    let (mut settled, _) = Interview::new(draft());
    assert!(!answer_all(&mut settled).contains(&"region"), "what options answer is not asked");
}

#[test]
fn back_goes_to_the_question_before() {
    let (mut interview, _) = Interview::new(Draft::new(here()));
    assert!(!interview.back());
    interview.answer(Question::Cloud, "ec2").unwrap();
    interview.answer(Question::Region, "us-east-1").unwrap();
    assert!(interview.back());
    assert_eq!(
        (interview.next(), interview.offer(Question::Region).as_deref()),
        (Some(Question::Region), Some("us-east-1"))
    );
    assert!(interview.back());
    interview.answer(Question::Cloud, "local").unwrap();
    assert_eq!(interview.next(), Some(Question::Os), "the region is no question any more");
    assert!(interview.answer(Question::Os, "plan9").is_err());
    assert_eq!(interview.next(), Some(Question::Os), "a wrong answer is no answer");
}

#[test]
fn a_changed_answer_opens_what_it_makes_wrong() {
    let (mut interview, _) = Interview::new(draft());
    answer_all(&mut interview);
    interview.reopen(Question::MinWorkers);
    assert_eq!(interview.next(), Some(Question::MinWorkers));
    interview.answer(Question::MinWorkers, "9").unwrap();
    assert_eq!(interview.next(), Some(Question::MaxWorkers));
    assert!(interview.answer(Question::MaxWorkers, "8").is_err());
    interview.answer(Question::MaxWorkers, "9").unwrap();
    assert_eq!(interview.next(), None);
}

#[test]
fn what_is_wrong_in_files_is_told_and_asked_for() {
    let mut draft = draft();
    draft.put(Question::MinWorkers, "few", Origin::Ecm(Place::new("ecm.conf", Some(3))));
    draft.put(Question::Image, "debian", Origin::Option);
    let (interview, wrong) = Interview::new(draft);
    let wrong: Vec<String> = wrong.iter().map(|problem| problem.sentence()).collect();
    assert!(wrong[0].starts_with("--image: ") && wrong[1].starts_with("ecm.conf:3: MIN_VMS: "), "{wrong:?}");
    assert_eq!(interview.offer(Question::Image), None);
    assert_eq!(interview.offer(Question::MinWorkers).as_deref(), Some("0"));
}
