//! A custom uploader of ShareX as a `.sxcu` file: JSON, with the fields that ShareX documents
//! (<https://getsharex.com/docs/custom-uploader>).

use super::place::Place;
use serde_json::{Map, json};

/// Returns the file. It sends what ShareX captures as a form to the folder of `place`, and finds the address of the file in
/// the answer.
pub fn json(place: &Place) -> String {
    let mut uploader = json!({
        // The first version that writes `{json:...}`; older files are read differently.
        "Version": "13.7.1",
        "Name": format!("{} ({})", place.short_name, place.host),
        "DestinationType": "ImageUploader, TextUploader, FileUploader",
        "RequestMethod": "POST",
        "RequestURL": place.url,
        "Parameters": { "j": "1" },
        "Body": "MultipartFormData",
        // Fields come before the file, as the server needs it.
        "Arguments": { "act": "bput" },
        "FileFormName": "f",
        "URL": "{json:fileurl}",
    });
    if let (Some(secret), Some(fields)) = (&place.secret, uploader.as_object_mut()) {
        let headers = Map::from_iter([("PW".to_owned(), json!(secret))]);
        fields.insert("Headers".to_owned(), headers.into());
    }
    format!("{uploader:#}\n")
}

/// Returns the name of the file.
pub fn file_name(place: &Place) -> String {
    format!("{}.sxcu", place.short_name)
}
