//! Why a command ended early, and with which exit code.

use thalamo::{Error, figure, report};

pub type Result<T> = std::result::Result<T, Failure>;

/// A failure with its message.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Flags that contradict each other or the files.
    #[error("{0}")]
    Usage(String),
    /// A request that the library refuses, or a file.
    #[error(transparent)]
    Library(#[from] Error),
    /// A figure that was not drawn.
    #[error(transparent)]
    Figure(#[from] figure::Error),
    /// A report that was not made.
    #[error(transparent)]
    Report(#[from] report::Error),
    /// Anything the system refuses.
    #[error(transparent)]
    System(#[from] Box<dyn std::error::Error>),
}

impl Failure {
    /// 2 where usage or input are to blame, 1 otherwise.
    pub fn code(&self) -> u8 {
        let input = match self {
            Self::Usage(_) | Self::Figure(figure::Error::Extension { .. }) => true,
            Self::Library(error) | Self::Report(report::Error::Library(error)) => blames_input(error),
            Self::Figure(_) | Self::Report(_) | Self::System(_) => false,
        };
        if input { 2 } else { 1 }
    }
}

/// Whether the arguments are wrong, and not what became of them on the way.
fn blames_input(error: &Error) -> bool {
    match error.root() {
        // In a file, numbers that lead nowhere are wrong numbers.
        Error::Write { .. } => false,
        _ if matches!(error, Error::InFile { .. }) => true,
        Error::PlacementInaccurate { .. }
        | Error::EigenNotConverged { .. }
        | Error::Singular { .. }
        | Error::Residual { .. }
        | Error::NotContracting { .. }
        | Error::CertificateViolated { .. } => false,
        _ => true,
    }
}
