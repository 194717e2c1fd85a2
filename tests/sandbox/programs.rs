//! Programs, their codes, their guests, and their money.

use serde_json::json;
use uber_vouchers::sandbox::{ProgramSpec, Sandbox};

use crate::bench::{Bench, NOW, bench, body, options, response, status_and_code};

#[test]
fn programs_are_found_and_shown() {
    let mut bench = bench(7, options());
    for (name, status) in [("Gala", "UPCOMING"), ("Gone", "CANCELED")] {
        let spec = ProgramSpec {
            id: Some(format!("id/{name}")),
            name: Some(name.into()),
            status: Some(status.into()),
            ..ProgramSpec::default()
        };
        bench.sandbox.create_program(spec, NOW + 5).unwrap();
    }
    let taken = ProgramSpec { id: Some("id/Gala".into()), ..ProgramSpec::default() };
    assert!(bench.sandbox.create_program(taken, NOW).is_err());
    let names = |bench: &mut Bench, query: &str| {
        let found = body(&response(bench.send("POST", "/search", query)));
        let items = found["voucher_programs"].as_array().unwrap().iter();
        items.map(|item| item["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&mut bench, r#"{"limit":10,"offset":0}"#), ["Program 1", "Gala", "Gone"]);
    assert_eq!(names(&mut bench, r#"{"limit":1,"offset":1}"#), ["Gala"]);
    assert_eq!(
        names(&mut bench, r#"{"limit":9,"offset":0,"program_status":"CANCELED"}"#),
        ["Gone"]
    );
    assert!(names(&mut bench, r#"{"limit":9,"offset":3}"#).is_empty());
    for wrong in [
        "",
        "{}",
        r#"{"limit":1}"#,
        r#"{"limit":-1,"offset":0}"#,
        r#"{"limit":1,"offset":0,"program_status":"x"}"#,
    ] {
        let answer = response(bench.send("POST", "/search", wrong));
        assert_eq!(status_and_code(&answer), (400, "invalid_request".into()), "{wrong}");
    }
    let details = body(&response(bench.send("GET", "/id%2FGala?include_guests=true", "")));
    assert_eq!(
        (details["name"].as_str(), details["status"].as_str()),
        (Some("Gala"), Some("UPCOMING"))
    );
    assert_eq!((details["created_at"].as_u64(), &details["guests"]), (Some(NOW + 5), &json!([])));
    let path = format!("/{}/codes?include_usage=true", bench.program);
    let list = body(&response(bench.send("GET", &path, "")));
    assert_eq!(list["total_number_of_codes"], 7);
    assert_eq!(list["codes"][6]["code_id"], bench.codes[6].to_string());
    assert_eq!(list["codes"][6]["usage_count"], 0);
}

/// Uber documents neither the members of a guest's code nor the position of the token.
#[test]
fn guests_have_pages_and_show_who_has_redeemed() {
    let mut bench = bench(5, options());
    let (first, program) = (bench.codes[1], bench.program.clone());
    assert!(bench.sandbox.redeem(&program, first) && bench.sandbox.redeem(&program, first));
    assert!(!bench.sandbox.redeem("another", first));
    let mut read = |query: &str| {
        let path = format!("/{program}/guests{query}");
        response(bench.send("GET", &path, ""))
    };
    let mut guests = Vec::new();
    let mut query = "?limit=2".to_owned();
    loop {
        let page = body(&read(&query));
        guests.extend(page["guests"].as_array().unwrap().clone());
        let Some(token) = page["next_token"].as_str() else { break };
        query = format!("?limit=2&page_token={token}");
    }
    assert_eq!(guests.len(), 5);
    assert_eq!(guests[1]["code"]["code_id"], first.to_string());
    assert_eq!(guests[1]["voucher"]["usage_count"], 2);
    assert!(guests[0]["voucher"].is_null());
    assert_eq!(body(&read("")).get("next_token"), None);
    for wrong in ["?page_token=0", "?page_token=5", "?page_token=x"] {
        assert_eq!(read(wrong).head.status, 400, "{wrong}");
    }
    let listed =
        body(&response(bench.send("GET", &format!("/{program}/codes?include_usage=true"), "")));
    assert_eq!(
        (&listed["codes"][1]["usage_count"], &listed["codes"][0]["usage_count"]),
        (&json!(2), &json!(0))
    );
    let details = body(&response(bench.send("GET", &format!("/{program}"), "")));
    assert_eq!(
        (&details["usage_trip_count"], &details["usage_voucher_claim_count"]),
        (&json!(2), &json!(1))
    );
}

#[test]
fn a_program_counts_money_in_its_currency() {
    let mut bench = bench(1, options());
    let spec = ProgramSpec {
        codes: 4,
        currency_code: Some("EUR".into()),
        guests: Some(3),
        ..ProgramSpec::default()
    };
    let created = bench.sandbox.create_program(spec, NOW).unwrap();
    let (program, codes) = (created.program_id.as_str().to_owned(), created.codes);
    assert!(bench.sandbox.redeem(&program, codes[0]) && bench.sandbox.redeem(&program, codes[0]));
    assert!(bench.sandbox.cancel(&program, codes[3], NOW + 7));
    assert!(bench.sandbox.cancel(&program, codes[3], NOW + 9));
    assert!(!bench.sandbox.cancel("another", codes[3], NOW));
    let mut read = |path: &str| {
        let response = response(bench.send("GET", &format!("/{program}{path}"), ""));
        (response.head.status, body(&response))
    };
    let (_, details) = read("");
    for (member, value) in [
        ("total_dollar_exposure", json!(80)),
        ("currency_code", json!("EUR")),
        ("usage_amount", json!(20)),
        ("usage_amount_currency", json!("EUR")),
    ] {
        assert_eq!(details[member], value, "{member}");
    }
    let (_, listed) = read("/codes?include_usage=true");
    assert_eq!(
        (&listed["codes"][0]["usage_amount"], &listed["codes"][0]["currency_code"]),
        (&json!(20.0), &json!("EUR"))
    );
    let cancelled = |index: usize| listed["codes"][index].get("canceled_at").cloned();
    assert_eq!((cancelled(0), cancelled(3)), (None, Some(json!(NOW + 7))));
    let (_, page) = read("/guests?limit=2");
    assert_eq!(page["guests"][0]["voucher"]["currency_code"], "EUR");
    assert_eq!(page["next_token"], "2");
    let (_, page) = read("/guests?limit=2&page_token=2");
    assert_eq!(page["guests"].as_array().unwrap().len(), 1);
    assert_eq!(read("/guests?page_token=3").0, 400);
    for wrong in ["", "eur", "EURO", "E1R"] {
        let currency_code = Some(wrong.to_owned());
        let spec = ProgramSpec { currency_code, ..ProgramSpec::default() };
        let refused = bench.sandbox.create_program(spec, NOW).unwrap_err();
        assert!(refused.message.contains("`currencyCode`"), "{wrong}");
    }
}

#[test]
fn programs_are_listed_in_their_order() {
    let mut sandbox = Sandbox::new(options());
    for (id, name, codes) in [("b", Some("Lunch"), 3), ("a", None, 0)] {
        let (id, name) = (Some(id.into()), name.map(str::to_owned));
        sandbox
            .create_program(ProgramSpec { id, name, codes, ..ProgramSpec::default() }, NOW)
            .unwrap();
    }
    let programs: Vec<_> = sandbox.programs().collect();
    assert_eq!(programs, [("b", "Lunch", 3), ("a", "Program 2", 0)]);
}

#[test]
fn a_large_program() {
    let mut bench = bench(30_000, options());
    let path = format!("/{}/codes", bench.program);
    let list = body(&response(bench.send("GET", &path, "")));
    assert_eq!(list["codes"].as_array().unwrap().len(), 30_000);
    response(bench.distribute_some(30_000));
    assert_eq!(bench.delivered().len(), 30_000);
    assert_eq!(bench.all_webhooks().len(), 300);
}
