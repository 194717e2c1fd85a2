//! What all requests of an organization share.

use crate::error::{Error, ErrorCode};
use crate::http::{BaseUrl, Method, Request};
use crate::text::text;
use crate::uber::id::{OrganizationId, ProgramId};

/// One organization at one API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Api {
    base_url: BaseUrl,
    organization: OrganizationId,
    accept_language: String,
}

impl Api {
    /// The value of `Accept-Language` in all of Uber's voucher samples.
    pub const DEFAULT_LANGUAGE: &'static str = "en_US";

    /// Accepts one of Uber's locales as the language (`en_US`, `de_DE`, …), or any other
    /// text that is valid in the header.
    pub fn new(
        base_url: BaseUrl,
        organization: OrganizationId,
        accept_language: &str,
    ) -> Result<Self, Error> {
        if accept_language.is_empty()
            || !accept_language.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        {
            return Err(Error::validation(
                ErrorCode::InvalidOptions,
                "The language is not valid in a header",
            ));
        }
        Ok(Self { base_url, organization, accept_language: accept_language.to_owned() })
    }

    /// The base URL of the API.
    #[must_use]
    pub fn base_url(&self) -> &BaseUrl {
        &self.base_url
    }

    /// The organization that owns the programs.
    #[must_use]
    pub fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    pub(crate) fn programs_request(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Request {
        // Uber's samples set the content type on every call, even a GET.
        let headers = vec![
            ("Accept-Language", self.accept_language.clone()),
            ("Content-Type", "application/json".to_owned()),
            ("Accept", "application/json".to_owned()),
        ];
        Request {
            method,
            url: text(&[
                self.base_url.as_str(),
                "/v1/organizations/",
                &self.organization.segment(),
                "/voucher-programs/",
                path,
            ]),
            headers,
            body,
        }
    }

    pub(crate) fn codes_request(
        &self,
        program: &ProgramId,
        method: Method,
        suffix: &str,
        body: Option<Vec<u8>>,
    ) -> Request {
        self.programs_request(method, &text(&[&program.segment(), "/codes", suffix]), body)
    }
}

#[cfg(test)]
pub(crate) fn example() -> Api {
    Api::new(
        BaseUrl::new(BaseUrl::PRODUCTION, "baseUrl").unwrap(),
        OrganizationId::new("org/1").unwrap(),
        Api::DEFAULT_LANGUAGE,
    )
    .unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_must_fit_a_header() {
        for bad in ["", "en\r\nX: y", "é"] {
            let base_url = BaseUrl::new(BaseUrl::PRODUCTION, "baseUrl").unwrap();
            let error = Api::new(base_url, OrganizationId::new("o").unwrap(), bad).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidOptions);
        }
    }
}
