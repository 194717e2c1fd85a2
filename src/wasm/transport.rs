//! One request out, one answer in.

use js_sys::{Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AbortController, AbortSignal};

use super::deadline::{Cut, Deadline, Timer};
use super::failure::headers as header_object;
use super::host::{Host, has_method, member, settled};
use super::{from_js, number, to_js};
use crate::http::{Head, Headers, Request};
use crate::json::{Json, object};
use crate::secret::AccessToken;

/// How much of a body is read that only explains a failure.
const EXPLANATION_READ: usize = 65_536;
/// How long a body that nobody needs may take, so that its connection can be
/// used again.
const DRAIN_MS: f64 = 1_000.0;

#[wasm_bindgen]
extern "C" {
    // Answers are taken by their shape: they may be of another realm, a
    // polyfill's or a mock's, which are no instances of this realm's classes.
    type Answering;
    #[wasm_bindgen(structural, method, catch)]
    fn text(this: &Answering) -> Result<JsValue, JsValue>;

    type Readable;
    #[wasm_bindgen(structural, method, catch, js_name = getReader)]
    fn get_reader(this: &Readable) -> Result<Readable, JsValue>;
    #[wasm_bindgen(structural, method, catch)]
    fn read(this: &Readable) -> Result<JsValue, JsValue>;
}

/// An answer whose head has come.
pub struct Answer {
    pub head: Head,
    response: JsValue,
    connection: Connection,
}

/// Aborts the request when it is dropped, unless it has been let go.
struct Connection(Option<AbortController>);

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(controller) = &self.0 {
            controller.abort();
        }
    }
}

/// What every request of a client carries beside the core's own fields.
#[derive(Clone, Copy, Default)]
pub struct Envelope<'a> {
    pub token: Option<&'a AccessToken>,
    pub extra: &'a [(String, String)],
    pub attempt: u32,
}

/// Sends a request and waits for the head of its answer.
pub async fn send(
    host: &Host,
    request: &Request,
    envelope: Envelope<'_>,
    deadline: &mut Deadline,
) -> Result<Box<Answer>, Cut> {
    let connection = Connection(AbortController::new().ok());
    let signal = connection.0.as_ref().map(AbortController::signal);
    let init = init(request, envelope, signal.as_ref());
    let event = to_js(&object([
        ("method", request.method.as_str().into()),
        ("url", request.url.as_str().into()),
        ("attempt", number(envelope.attempt.into())),
    ]));
    // A listener that throws must not decide what becomes of a call.
    let _ = host.on_request(&event);
    let started = host.now();
    let response = deadline.race(settled(host.fetch(&request.url, &init))).await?;
    let head = head(&response);
    set(&event, "status", &head.status.into());
    set(&event, "durationMs", &(host.now() - started).into());
    set(&event, "headers", &to_js(&header_object(head.headers.ubers())));
    let _ = host.on_response(&event);
    Ok(Box::new(Answer { head, response, connection }))
}

fn init(request: &Request, envelope: Envelope<'_>, signal: Option<&AbortSignal>) -> Object {
    let fields = gloo_net::http::Headers::new();
    // The caller's fields first: `set` lets ours win, whatever their case.
    // All were checked before, so that `set` can't throw.
    for (name, value) in envelope.extra {
        fields.set(name, value);
    }
    for (name, value) in &request.headers {
        fields.set(name, value);
    }
    if let Some(token) = envelope.token {
        fields.set("Authorization", &("Bearer ".to_owned() + token.expose()));
    }
    let init = JsValue::from(Object::new());
    set(&init, "method", &request.method.as_str().into());
    set(&init, "headers", &fields.into_raw());
    // A repeated POST is a second send.
    set(&init, "redirect", &"manual".into());
    if let Some(body) = &request.body {
        set(&init, "body", &body.into());
    }
    if let Some(signal) = signal {
        set(&init, "signal", signal);
    }
    init.unchecked_into()
}

fn set(object: &JsValue, name: &str, value: &JsValue) {
    // Fails on no plain object.
    let _ = Reflect::set(object, &JsValue::from_str(name), value);
}

/// Reads what there is of a head; what is not there, or throws, is not there.
fn head(response: &JsValue) -> Head {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let status = member(response, "status").as_f64().map_or(0, |status| status as u16);
    // Copied into this realm's Headers, whatever they were: Headers of another
    // realm, a Map, a plain object.
    let headers = web_sys::Headers::new_with_str_sequence_sequence(&member(response, "headers"))
        .map(|raw| gloo_net::http::Headers::from_raw(raw).entries().collect::<Headers>())
        .unwrap_or_default();
    Head { status, headers }
}

impl Answer {
    /// The whole body as text.
    pub async fn text(&mut self, deadline: &mut Deadline) -> Result<String, Cut> {
        let text =
            deadline.race(settled(self.response.unchecked_ref::<Answering>().text())).await?;
        self.connection.0 = None;
        text.as_string()
            .ok_or_else(|| Cut::Failed(js_sys::TypeError::new("The body is no text").into()))
    }

    /// The beginning of a body that explains a failure, as far as it comes.
    pub async fn explanation(&mut self, deadline: &mut Deadline) -> String {
        let body = member(&self.response, "body");
        if self.connection.0.is_none() {
            // Read to its end already.
            String::new()
        } else if has_method(&body, "getReader") {
            let mut bytes = Vec::new();
            if let Ok(reader) = body.unchecked_ref::<Readable>().get_reader() {
                let ended = read_all(&reader, &mut bytes, deadline).await;
                if ended {
                    self.connection.0 = None;
                }
            }
            String::from_utf8_lossy(&bytes).into_owned()
        } else if has_method(&self.response, "text") {
            self.text(deadline).await.unwrap_or_default()
        } else {
            String::new()
        }
    }

    /// Reads a body that nobody needs, in the background, so that the
    /// connection can be used again; gives it up soon.
    pub fn drain(mut self: Box<Self>, host: &Host) {
        let host = host.clone();
        wasm_bindgen_futures::spawn_local(async move {
            let mut deadline = Deadline::new(&host, Timer::Host, DRAIN_MS, None);
            self.explanation(&mut deadline).await;
        });
    }
}

/// Whether the body ended by itself.
async fn read_all(reader: &Readable, bytes: &mut Vec<u8>, deadline: &mut Deadline) -> bool {
    while bytes.len() < EXPLANATION_READ {
        let Ok(chunk) = deadline.race(settled(reader.read())).await else { return false };
        if member(&chunk, "done").is_truthy() {
            return true;
        }
        match member(&chunk, "value").dyn_ref::<Uint8Array>() {
            Some(chunk) => bytes.extend(chunk.to_vec()),
            None => return false,
        }
    }
    false
}

/// A body as the host's parser reads it; null where it is no JSON.
pub fn parse(text: &str) -> Option<Json> {
    js_sys::JSON::parse(text).ok().map(|value| from_js(&value))
}
