//! How a picture's code values mean light: what a file says of its colours.

/// What a picture stream says of its colours. What it does not say is filled in as a television would.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour {
    /// How luma and colour differences are made of red, green and blue.
    pub matrix: Matrix,
    /// How code values become light.
    pub transfer: Transfer,
    /// Black is 0 and white 255, not 16 and 235.
    pub full_range: bool,
}

impl Colour {
    /// The colours of the house format (ITU-R BT.709, video range).
    pub const HOUSE: Colour = Colour { matrix: Matrix::Bt709, transfer: Transfer::Standard, full_range: false };
}

/// Luma coefficients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Matrix {
    /// ITU-R BT.601: standard definition, and stills.
    Bt601,
    /// ITU-R BT.709: high definition.
    Bt709,
    /// ITU-R BT.2020: ultra high definition and most HDR.
    Bt2020,
}

impl Matrix {
    /// Shares of red, green and blue in luma.
    pub fn weights(self) -> [f64; 3] {
        match self {
            Matrix::Bt601 => [0.299, 0.587, 0.114],
            Matrix::Bt709 => [0.2126, 0.7152, 0.0722],
            Matrix::Bt2020 => [0.2627, 0.6780, 0.0593],
        }
    }
    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Matrix::Bt601 => "bt601",
            Matrix::Bt709 => "bt709",
            Matrix::Bt2020 => "bt2020",
        }
    }
    /// The matrix of a word; `None` for any other.
    pub fn read(word: &str) -> Option<Matrix> {
        [Matrix::Bt601, Matrix::Bt709, Matrix::Bt2020].into_iter().find(|matrix| matrix.as_str() == word)
    }
}

/// Transfer characteristics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Transfer {
    /// Standard dynamic range.
    Standard,
    /// Perceptual quantiser (SMPTE ST 2084).
    Pq,
    /// Hybrid log-gamma (ARIB STD-B67).
    Hlg,
}

impl Transfer {
    /// Whether it carries high dynamic range.
    pub fn is_hdr(self) -> bool {
        self != Transfer::Standard
    }
    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Transfer::Standard => "sdr",
            Transfer::Pq => "pq",
            Transfer::Hlg => "hlg",
        }
    }
    /// The transfer of a word; `None` for any other.
    pub fn read(word: &str) -> Option<Transfer> {
        [Transfer::Standard, Transfer::Pq, Transfer::Hlg].into_iter().find(|transfer| transfer.as_str() == word)
    }
}
