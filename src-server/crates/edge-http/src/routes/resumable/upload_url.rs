//! The URL of an upload that has begun: that of its folder, with the identity of the upload as parameter.

use super::fields;
use crate::extract::RequestBody;
use crate::failure::Failure;
use crate::request::Request;
use crate::routes::put;
use crate::routes::upload::UploadOptions;
use crate::urls;
use engine::EngineError;
use engine::error::{Conflict, UploadError};
use engine::uploads::{Appended, SequentialState};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use model::{VPath, Wark};

/// An upload that has begun.
pub struct UploadUrl {
    /// Its identity.
    pub id: Wark,
    folder: VPath,
}

/// Whether a request is for an upload that has begun.
pub fn is_upload_url(request: &Request) -> bool {
    request.query.has(urls::UPLOAD)
}

impl UploadUrl {
    /// Reads the URL of a request.
    ///
    /// # Errors
    /// 404 for a URL that no upload has.
    pub fn of(request: &Request) -> Result<Self, Failure> {
        let text = request.query.text(urls::UPLOAD).ok_or_else(unknown_upload)?;
        let id = fields::parse_id(&text).ok_or_else(unknown_upload)?;
        Ok(Self { id, folder: request.path.clone() })
    }

    /// Begins an upload of `size` bytes to the requested path.
    pub async fn begin(request: &Request, options: &UploadOptions, size: u64) -> Result<Self, Failure> {
        if let Some((folder, name)) = put::named_file(request) {
            match Self::begin_in(request, folder, name.as_bytes().to_vec(), (options, size)).await {
                // The path names a folder, without a slash at its end.
                Err(EngineError::Conflict(Conflict::IsAFolder(_))) => {}
                begun => return Ok(begun?),
            }
        }
        let name = options.name_of(request);
        Ok(Self::begin_in(request, request.path.clone(), name, (options, size)).await?)
    }

    /// Begins an upload of `size` bytes to a folder.
    pub async fn begin_in(
        request: &Request,
        folder: VPath,
        name: Vec<u8>,
        (options, size): (&UploadOptions, u64),
    ) -> Result<Self, EngineError> {
        let asked = options.handshake(name, size);
        let state = request.engine().uploads.begin_sequential(&request.access, &folder, asked).await?;
        Ok(Self { id: state.id, folder })
    }

    /// Returns how much of the upload has arrived.
    pub async fn state(&self, request: &Request) -> Result<SequentialState, Failure> {
        let uploads = &request.engine().uploads;
        uploads.sequential_state(&request.access, &self.folder, &self.id).await.map_err(failure)
    }

    /// Appends a body that begins at an offset and has this length, if it is known.
    pub async fn append(
        &self,
        request: &Request,
        at: (u64, Option<u64>),
        body: RequestBody,
    ) -> Result<Appended, Failure> {
        let uploads = &request.engine().uploads;
        uploads.append_sequential(&request.access, &self.folder, &self.id, at, body).await.map_err(failure)
    }

    /// Ends the upload.
    pub async fn cancel(&self, request: &Request) -> Result<(), Failure> {
        let uploads = &request.engine().uploads;
        uploads.cancel_sequential(&request.access, &self.folder, &self.id).await.map_err(failure)
    }

    /// Adds the URL to a response.
    pub fn set_location(&self, request: &Request, headers: &mut HeaderMap) {
        let href = format!("{}?{}={}", request.folder_href(&self.folder), urls::UPLOAD, self.id.as_str());
        if let Ok(url) = HeaderValue::try_from(request.absolute_url(&href)) {
            headers.insert(header::LOCATION, url);
        }
    }
}

/// The failure for an upload that is not there (any more).
fn unknown_upload() -> Failure {
    Failure::text(StatusCode::NOT_FOUND, "there is no such upload; begin a new one")
}

/// Converts the failure of a request for an upload.
fn failure(error: EngineError) -> Failure {
    match error {
        EngineError::Upload(UploadError::UnknownWark) => unknown_upload(),
        other => other.into(),
    }
}
