//! A certificate authority for one test, and its certificates: valid, for another name, expired or self-signed.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

/// The authorities of this process so far.
static AUTHORITIES: AtomicUsize = AtomicUsize::new(0);

/// A root certificate in a file, and its key.
pub struct Authority {
    folder: tempfile::TempDir,
    issuer: Issuer<'static, KeyPair>,
}

/// The PEM files of a certificate and its key.
pub struct Identity {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Roots of one name would be taken for one another: the error would be a bad signature, not an unknown issuer.
        let number = AUTHORITIES.fetch_add(1, Ordering::Relaxed);
        params.distinguished_name.push(DnType::CommonName, format!("root {number} of a test"));
        let key = KeyPair::generate().unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("root.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
        Authority { folder, issuer: Issuer::new(params, key) }
    }

    /// The root certificate, for `mail.smtp.ca_file`.
    pub fn root(&self) -> PathBuf {
        self.folder.path().join("root.pem")
    }

    pub fn identity(&self, name: &str) -> Identity {
        self.signed(name, CertificateParams::new(vec![name.to_owned()]).unwrap())
    }

    pub fn expired(&self, name: &str) -> Identity {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2021, 1, 1);
        self.signed(&format!("expired-{name}"), params)
    }

    fn signed(&self, file: &str, params: CertificateParams) -> Identity {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        write(self.folder.path(), file, &certificate.pem(), &key.serialize_pem())
    }

    /// A self-signed certificate like that of `openssl req -x509`, which marks it as an authority by default.
    pub fn self_signed(&self, name: &str) -> Identity {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        write(self.folder.path(), &format!("own-{name}"), &certificate.pem(), &key.serialize_pem())
    }
}

fn write(folder: &Path, file: &str, certificate: &str, key: &str) -> Identity {
    let identity =
        Identity { certificate: folder.join(format!("{file}.crt")), key: folder.join(format!("{file}.key")) };
    std::fs::write(&identity.certificate, certificate).unwrap();
    std::fs::write(&identity.key, key).unwrap();
    identity
}
