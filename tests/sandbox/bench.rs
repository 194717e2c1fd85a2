//! A sandbox with a program, and a client for it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uber_vouchers::code::Code;
use uber_vouchers::http::Response;
use uber_vouchers::sandbox::{
    Answer, Fault, Faults, IncomingRequest, Options, ProgramSpec, Reply, Sandbox, Webhook,
};
use uber_vouchers::secret::{AccessToken, ClientSecret, SigningKey};

pub(crate) const NOW: u64 = 1_767_225_600_000;

pub(crate) const HOUR: u64 = 3_600_000;

pub(crate) const ORG: &str = "11111111-2222-4333-8444-000000000000";

/// A sandbox with one program and a token for it.
pub(crate) struct Bench {
    pub(crate) sandbox: Sandbox,
    pub(crate) token: AccessToken,
    pub(crate) program: String,
    pub(crate) codes: Vec<Code>,
    pub(crate) now: u64,
}

impl Bench {
    pub(crate) fn send(&mut self, method: &str, path: &str, body: &str) -> Reply {
        let headers = [
            ("Authorization", format!("Bearer {}", self.token.expose())),
            ("Content-Type", "application/json".into()),
        ];
        let target = format!("/v1/organizations/{ORG}/voucher-programs{path}");
        self.sandbox.handle(&incoming(method, &target, &headers, body), self.now)
    }

    pub(crate) fn distribute(&mut self, body: &str) -> Reply {
        let path = format!("/{}/codes/distribute", self.program);
        self.send("POST", &path, body)
    }

    pub(crate) fn distribute_some(&mut self, count: usize) -> Reply {
        let codes: Vec<String> = self.codes[..count].iter().map(Code::to_string).collect();
        self.distribute(&json!({ "codes": codes }).to_string())
    }

    pub(crate) fn delivered(&self) -> BTreeMap<Code, u32> {
        let deliveries = self.sandbox.deliveries(&self.program).unwrap();
        deliveries.into_iter().collect()
    }

    pub(crate) fn token_request(&mut self, form: &str) -> Response {
        let headers = [("Content-Type", "application/x-www-form-urlencoded".into())];
        let form = format!("client_id=app&client_secret=s3cret&{form}");
        let request = incoming("POST", "/oauth/v2/token", &headers, &form);
        response(self.sandbox.handle(&request, self.now))
    }

    pub(crate) fn app_token(&mut self, scope: &str) -> Response {
        self.token_request(&format!("grant_type=client_credentials&scope={scope}"))
    }

    pub(crate) fn all_webhooks(&mut self) -> Vec<Webhook> {
        self.sandbox.take_due_webhooks(u64::MAX, usize::MAX)
    }
}

pub(crate) fn options() -> Options {
    Options {
        organization_id: Some(ORG.into()),
        client_id: Some("app".into()),
        client_secret: Some(ClientSecret::new("s3cret")),
        signing_key: SigningKey::new("example-signing-key"),
        ..Options::default()
    }
}

pub(crate) fn bench(codes: u32, options: Options) -> Bench {
    let mut sandbox = Sandbox::new(options);
    let spec = ProgramSpec { codes, ..ProgramSpec::default() };
    let created = sandbox.create_program(spec, NOW).unwrap();
    Bench {
        token: sandbox.issue_token(NOW),
        sandbox,
        program: created.program_id.as_str().to_owned(),
        codes: created.codes,
        now: NOW,
    }
}

pub(crate) fn faulty(fault: Fault, codes: u32) -> Bench {
    bench(codes, Options { faults: Faults::default().with(fault, 1.0), ..options() })
}

pub(crate) fn incoming(
    method: &str,
    target: &str,
    headers: &[(&str, String)],
    body: &str,
) -> IncomingRequest {
    IncomingRequest {
        method: method.into(),
        target: target.into(),
        headers: headers.iter().cloned().collect(),
        body: body.into(),
    }
}

pub(crate) fn response(reply: Reply) -> Response {
    match reply.answer {
        Answer::Response(response) => response,
        other => panic!("no answer: {other:?}"),
    }
}

pub(crate) fn body(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap()
}

pub(crate) fn status_and_code(response: &Response) -> (u16, String) {
    let body = body(response);
    let code = body.get("code").or(body.get("error")).unwrap();
    (response.head.status, code.as_str().unwrap().to_owned())
}

pub(crate) fn parsed(webhook: &Webhook) -> Value {
    serde_json::from_slice(&webhook.body).unwrap()
}
