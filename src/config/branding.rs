//! `[channel.NAME.branding]`: what the channel draws on its own air.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::branding::{
    Band, Branding, Corner, Drawing, Edge, Ink, Layer, Layers, MOST_LABEL_CHARS, MOST_LAYERS, MOST_TICKER_CHARS, Place,
    Rgb, Wears, check_line,
};
use crate::domain::channel::HouseFormat;
use crate::domain::ids::BrandName;
use crate::domain::playlist::Source;
use crate::domain::wall::Percent;

/// Letters smaller than this are not read on any wall, pixels.
const FEWEST_LETTERS_PX: u32 = 6;
/// Fastest text, pixels a second: one that crosses 4096 pixels in two seconds.
const MOST_SPEED: u32 = 2_000;
/// Most sets of layers.
const MOST_SETS: usize = 32;
/// Widest margin at the edges, percent.
const MOST_MARGIN: u32 = 20;
/// How fast text runs unless the file says otherwise, pixels a second; a crawl is to be read at once.
const TICKER_SPEED: u32 = 100;
const CRAWL_SPEED: u32 = 150;

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct BrandingFile {
    margin_percent: u32,
    layers: Vec<LayerFile>,
    sets: BTreeMap<String, Vec<String>>,
    crawl: CrawlFile,
}

impl Default for BrandingFile {
    fn default() -> Self {
        // Broadcast practice keeps 3.5 to 5 percent of each side free of what must be seen (EBU R 95).
        BrandingFile { margin_percent: 5, layers: Vec::new(), sets: BTreeMap::new(), crawl: CrawlFile::default() }
    }
}

/// One layer: exactly one of `logo`, `clock`, `text` and `ticker`, and how it looks.
#[derive(Deserialize, Serialize, Default)]
#[serde(deny_unknown_fields, default)]
struct LayerFile {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logo: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clock: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticker: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<AtFile>,
    #[serde(skip_serializing_if = "Option::is_none")]
    margin: Option<[u32; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    opacity: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    colour: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ground: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ground_opacity: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    speed: Option<u32>,
}

/// A corner or an edge by its word, or the upper left pixel.
#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum AtFile {
    Word(String),
    Pixel([u32; 2]),
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
struct CrawlFile {
    at: String,
    margin: u32,
    size: u32,
    colour: String,
    ground: String,
    ground_opacity: u8,
    speed: u32,
}

impl Default for CrawlFile {
    fn default() -> Self {
        CrawlFile {
            at: "bottom".into(),
            margin: 0,
            size: 0,
            colour: "#ffffff".into(),
            ground: "#b00000".into(),
            ground_opacity: 100,
            speed: CRAWL_SPEED,
        }
    }
}

impl BrandingFile {
    pub fn into_branding(self, house: HouseFormat) -> Result<Branding, String> {
        if self.margin_percent > MOST_MARGIN {
            return Err(format!("margin_percent: {} is not 0 to {MOST_MARGIN}", self.margin_percent));
        }
        if self.layers.len() > MOST_LAYERS {
            return Err(format!("layers: {} of them; {MOST_LAYERS} at most", self.layers.len()));
        }
        let margin = (house.width * self.margin_percent / 100, house.height * self.margin_percent / 100);
        let mut layers: Vec<Layer> = Vec::with_capacity(self.layers.len());
        for (n, file) in self.layers.into_iter().enumerate() {
            let named = file.name.clone().unwrap_or_else(|| format!("{}-{}", file.kind(), n + 1));
            let name: BrandName = named.parse().map_err(|e| format!("layers: {e}"))?;
            if layers.iter().any(|layer| layer.name == name) {
                return Err(format!("layers: two are called {named}"));
            }
            let drawing = file.into_drawing(house, margin).map_err(|e| format!("layer {named}: {e}"))?;
            layers.push(Layer { name, drawing });
        }
        let sets = sets(self.sets, &layers)?;
        let crawl = self.crawl.into_band(house).map_err(|e| format!("crawl: {e}"))?;
        Ok(Branding { layers, sets, crawl })
    }
}

fn sets(files: BTreeMap<String, Vec<String>>, layers: &[Layer]) -> Result<BTreeMap<BrandName, Layers>, String> {
    if files.len() > MOST_SETS {
        return Err(format!("sets: {} of them; {MOST_SETS} at most", files.len()));
    }
    let mut sets = BTreeMap::new();
    for (name, members) in files {
        if name == Wears::NONE {
            return Err(format!("sets: {name} is the word for no branding at all; give it another name"));
        }
        let id: BrandName = name.parse().map_err(|e| format!("sets: {e}"))?;
        let mut set = Layers::NONE;
        for member in members {
            let number = layers.iter().position(|layer| layer.name.as_str() == member);
            set = set.with(number.ok_or_else(|| format!("sets: {name}: no layer is called {member:?}"))?);
        }
        sets.insert(id, set);
    }
    Ok(sets)
}

impl LayerFile {
    /// The word for what it is, as far as that can be said.
    fn kind(&self) -> &'static str {
        match self {
            LayerFile { logo: Some(_), .. } => "logo",
            LayerFile { clock: Some(_), .. } => "clock",
            LayerFile { text: Some(_), .. } => "text",
            LayerFile { ticker: Some(_), .. } => "ticker",
            _ => "layer",
        }
    }

    fn into_drawing(self, house: HouseFormat, margin: (u32, u32)) -> Result<Drawing, String> {
        self.only_its_own_keys()?;
        match (self.logo.clone(), self.clock.clone(), self.text.clone(), self.ticker.clone()) {
            (Some(file), None, None, None) => {
                if !matches!(Source::parse(&file), Some(Source::File(_))) {
                    return Err(format!("logo: {file:?} is not a path below the home"));
                }
                let height_px = self.size.unwrap_or(0);
                if height_px > house.height {
                    return Err(format!("size: {height_px} is higher than the picture, {}", house.height));
                }
                let opacity = percent("opacity", self.opacity.unwrap_or(100))?;
                Ok(Drawing::Logo { file, place: self.place(house, margin)?, height_px, opacity })
            }
            (None, Some(form), None, None) => {
                let form = form.parse().map_err(|e| format!("clock: {e}"))?;
                Ok(Drawing::Clock { form, place: self.place(house, margin)?, ink: self.ink(house)? })
            }
            (None, None, Some(text), None) => {
                check_line(&text, MOST_LABEL_CHARS).map_err(|e| format!("text: {}", e.en))?;
                Ok(Drawing::Label { text, place: self.place(house, margin)?, ink: self.ink(house)? })
            }
            (None, None, None, Some(text)) => {
                check_line(&text, MOST_TICKER_CHARS).map_err(|e| format!("ticker: {}", e.en))?;
                let edge = match &self.at {
                    None => Edge::Bottom,
                    Some(AtFile::Word(word)) => edge(word)?,
                    Some(AtFile::Pixel(_)) => return Err("at: a ticker lies at \"top\" or \"bottom\"".into()),
                };
                let [across, margin_px] = self.margin.unwrap_or_default();
                if across != 0 {
                    return Err("margin: a ticker is as wide as the picture; its margin is like [0, 20]".into());
                }
                let speed_px_s = speed(self.speed.unwrap_or(TICKER_SPEED))?;
                let band = Band { edge, margin_px, ink: self.ink(house)?, speed_px_s };
                check_band(&band, house)?;
                Ok(Drawing::Ticker { text, band })
            }
            _ => Err("it is exactly one of logo, clock, text and ticker".into()),
        }
    }

    /// A key that this kind of layer has no use for is a mistake, not a wish.
    fn only_its_own_keys(&self) -> Result<(), String> {
        let letters = [
            ("colour", self.colour.is_some()),
            ("ground", self.ground.is_some()),
            ("ground_opacity", self.ground_opacity.is_some()),
        ];
        let others: &[(&str, bool)] = match self.kind() {
            "logo" => &[letters[0], letters[1], letters[2], ("speed", self.speed.is_some())],
            "ticker" => &[("opacity", self.opacity.is_some())],
            _ => &[("opacity", self.opacity.is_some()), ("speed", self.speed.is_some())],
        };
        match others.iter().find(|(_, given)| *given) {
            Some((key, _)) => Err(format!("{key}: a {} has no such key", self.kind())),
            None => Ok(()),
        }
    }

    fn place(&self, house: HouseFormat, margin: (u32, u32)) -> Result<Place, String> {
        let margin = self.margin.map_or(margin, |[across, down]| (across, down));
        let place = match &self.at {
            None => Place::Corner(Corner::TopRight, margin),
            Some(AtFile::Pixel([x, y])) if self.margin.is_some() => {
                return Err(format!("margin: at = [{x}, {y}] says all of it"));
            }
            Some(AtFile::Pixel([x, y])) => Place::At(*x, *y),
            Some(AtFile::Word(word)) => {
                let corner = Corner::ALL.into_iter().find(|corner| corner.as_str() == word);
                let wanted = "wanted is top-left, top-right, bottom-left, bottom-right or a pixel like [40, 20]";
                Place::Corner(corner.ok_or_else(|| format!("at: {word:?}: {wanted}"))?, margin)
            }
        };
        let (Place::At(x, y) | Place::Corner(_, (x, y))) = place;
        if x >= house.width || y >= house.height {
            return Err(format!("at, margin: {x},{y} is outside of the picture of {}x{}", house.width, house.height));
        }
        Ok(place)
    }

    fn ink(&self, house: HouseFormat) -> Result<Ink, String> {
        let letters_px = letters(self.size.unwrap_or(0), house.height / 20, house)?;
        let colour = |key: &str, given: &Option<String>, usual: &str| {
            given.as_deref().unwrap_or(usual).parse::<Rgb>().map_err(|e| format!("{key}: {e}"))
        };
        let ground_opacity = percent("ground_opacity", self.ground_opacity.unwrap_or(60))?;
        let (colour, ground) = (colour("colour", &self.colour, "#ffffff")?, colour("ground", &self.ground, "#000000")?);
        Ok(Ink { letters_px, colour, ground, ground_opacity })
    }
}

impl CrawlFile {
    fn into_band(self, house: HouseFormat) -> Result<Band, String> {
        let ink = Ink {
            letters_px: letters(self.size, house.height / 15, house)?,
            colour: self.colour.parse().map_err(|e| format!("colour: {e}"))?,
            ground: self.ground.parse().map_err(|e| format!("ground: {e}"))?,
            ground_opacity: percent("ground_opacity", self.ground_opacity)?,
        };
        let band = Band { edge: edge(&self.at)?, margin_px: self.margin, ink, speed_px_s: speed(self.speed)? };
        check_band(&band, house)?;
        Ok(band)
    }
}

fn percent(key: &str, value: u8) -> Result<Percent, String> {
    Percent::new(value).ok_or_else(|| format!("{key}: {value} percent is not 0 to 100"))
}

fn edge(word: &str) -> Result<Edge, String> {
    match word {
        "top" => Ok(Edge::Top),
        "bottom" => Ok(Edge::Bottom),
        other => Err(format!("at: {other:?} is neither top nor bottom")),
    }
}

fn speed(px_s: u32) -> Result<u32, String> {
    let sane = (1..=MOST_SPEED).contains(&px_s);
    if sane { Ok(px_s) } else { Err(format!("speed: {px_s} pixels a second is not 1 to {MOST_SPEED}")) }
}

/// 0: as large as usual on this wall.
fn letters(px: u32, usual: u32, house: HouseFormat) -> Result<u32, String> {
    let px = if px == 0 { usual.max(FEWEST_LETTERS_PX) } else { px };
    let most = (house.height / 4).max(FEWEST_LETTERS_PX);
    let sane = (FEWEST_LETTERS_PX..=most).contains(&px);
    if sane { Ok(px) } else { Err(format!("size: letters of {px} pixels are not {FEWEST_LETTERS_PX} to {most}")) }
}

fn check_band(band: &Band, house: HouseFormat) -> Result<(), String> {
    let needed = u64::from(band.margin_px) + u64::from(band.height_px());
    if needed > u64::from(house.height) {
        return Err(format!("margin, size: the band reaches beyond the picture of {} rows", house.height));
    }
    Ok(())
}

impl From<&Branding> for BrandingFile {
    fn from(branding: &Branding) -> BrandingFile {
        let names = |set: &Layers| {
            let members = branding.layers.iter().enumerate().filter(|(number, _)| set.has(*number));
            members.map(|(_, layer)| layer.name.to_string()).collect()
        };
        BrandingFile {
            // Each layer says its own margin.
            layers: branding.layers.iter().map(LayerFile::from).collect(),
            sets: branding.sets.iter().map(|(name, set)| (name.to_string(), names(set))).collect(),
            crawl: (&branding.crawl).into(),
            ..BrandingFile::default()
        }
    }
}

impl From<&Layer> for LayerFile {
    fn from(layer: &Layer) -> LayerFile {
        let file = LayerFile { name: Some(layer.name.to_string()), ..LayerFile::default() };
        match &layer.drawing {
            Drawing::Logo { file: path, place, height_px, opacity } => LayerFile {
                logo: Some(path.clone()),
                size: Some(*height_px),
                opacity: Some(opacity.get()),
                ..file.placed(*place)
            },
            Drawing::Clock { form, place, ink } => {
                LayerFile { clock: Some(form.to_string()), ..file.placed(*place).inked(*ink) }
            }
            Drawing::Label { text, place, ink } => {
                LayerFile { text: Some(text.clone()), ..file.placed(*place).inked(*ink) }
            }
            Drawing::Ticker { text, band } => LayerFile {
                ticker: Some(text.clone()),
                at: Some(AtFile::Word(edge_word(band.edge).into())),
                margin: Some([0, band.margin_px]),
                speed: Some(band.speed_px_s),
                ..file.inked(band.ink)
            },
        }
    }
}

impl LayerFile {
    fn placed(self, place: Place) -> LayerFile {
        match place {
            Place::At(x, y) => LayerFile { at: Some(AtFile::Pixel([x, y])), ..self },
            Place::Corner(corner, (across, down)) => {
                LayerFile { at: Some(AtFile::Word(corner.as_str().into())), margin: Some([across, down]), ..self }
            }
        }
    }

    fn inked(self, ink: Ink) -> LayerFile {
        LayerFile {
            size: Some(ink.letters_px),
            colour: Some(ink.colour.to_string()),
            ground: Some(ink.ground.to_string()),
            ground_opacity: Some(ink.ground_opacity.get()),
            ..self
        }
    }
}

impl From<&Band> for CrawlFile {
    fn from(band: &Band) -> CrawlFile {
        let ink = band.ink;
        CrawlFile {
            at: edge_word(band.edge).into(),
            margin: band.margin_px,
            size: ink.letters_px,
            colour: ink.colour.to_string(),
            ground: ink.ground.to_string(),
            ground_opacity: ink.ground_opacity.get(),
            speed: band.speed_px_s,
        }
    }
}

fn edge_word(edge: Edge) -> &'static str {
    match edge {
        Edge::Top => "top",
        Edge::Bottom => "bottom",
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Config;
    use super::*;

    fn read(branding: &str) -> Result<Branding, String> {
        let text = format!("[channel.wall]\nwidth = 640\nheight = 320\n[channel.wall.branding]\n{branding}\n");
        let config = Config::parse(Path::new("/h"), &text).map_err(|e| e.to_string())?;
        let shown = Config::parse(Path::new("/h"), &config.to_toml()).expect("what is shown can be read");
        assert_eq!(shown, config);
        Ok(config.channels.into_values().next().expect("one channel").branding)
    }

    #[test]
    fn layers_are_named_placed_and_chosen_and_what_is_not_said_follows_from_the_wall() {
        let branding = read(
            "margin_percent = 10\n\
             layers = [{ logo = \"media/branding/logo.png\", at = \"top-right\", size = 40, opacity = 85 },\n\
             { clock = \"HH.MM\", at = \"top-left\", margin = [8, 4] },\n\
             { name = \"where\", text = \"Lubuk Pakam\", at = [20, 250], size = 24, colour = \"#ffcc00\" },\n\
             { ticker = \"Bayar pajak tepat waktu\", speed = 90, ground_opacity = 100 }]\n\
             sets = { quiet = [\"logo-1\", \"where\"] }",
        )
        .expect("branding");
        let Drawing::Logo { place, height_px: 40, .. } = branding.layers[0].drawing else { panic!("{branding:?}") };
        assert_eq!(place, Place::Corner(Corner::TopRight, (64, 32)));
        let Drawing::Clock { place, ink, .. } = branding.layers[1].drawing else { panic!("{branding:?}") };
        assert_eq!((place, ink.letters_px), (Place::Corner(Corner::TopLeft, (8, 4)), 16));
        let worn = branding.worn(&"quiet".parse().expect("a set"));
        assert_eq!([0, 1, 2, 3].map(|n| worn.has(n)), [true, false, true, false]);
        let nothing = read("").expect("nothing said");
        assert_eq!((nothing.layers.len(), nothing.crawl.ink.letters_px, nothing.crawl.speed_px_s), (0, 21, 150));
    }

    #[test]
    fn branding_that_can_not_be_is_refused_with_its_layer_and_key() {
        for (text, why) in [
            ("layers = [{ at = \"top-left\" }]", "layer layer-1: it is exactly one of"),
            ("layers = [{ text = \"a\", logo = \"b.png\" }]", "it is exactly one of"),
            ("layers = [{ logo = \"/etc/passwd\" }]", "layer logo-1: logo: \"/etc/passwd\" is not a path below"),
            ("layers = [{ logo = \"a.png\", speed = 3 }]", "speed: a logo has no such key"),
            ("layers = [{ text = \"a\", at = \"middle\" }]", "at: \"middle\": wanted is top-left"),
            ("layers = [{ text = \"a\", at = [640, 0] }]", "640,0 is outside of the picture of 640x320"),
            ("layers = [{ text = \"a\\nb\" }]", "text: The text holds a control character (U+000A)"),
            ("layers = [{ text = \"a\", colour = \"red\" }]", "colour: \"red\" is no colour"),
            ("layers = [{ clock = \"h:mm\" }]", "clock: \"h:mm\" is no clock"),
            ("layers = [{ ticker = \"a\", at = \"left\" }]", "at: \"left\" is neither top nor bottom"),
            ("layers = [{ ticker = \"a\", speed = 0 }]", "speed: 0 pixels a second"),
            ("layers = [{ ticker = \"a\", margin = [0, 300] }]", "the band reaches beyond"),
            ("layers = [{ text = \"a\", size = 200 }]", "letters of 200 pixels are not 6 to 80"),
            ("layers = [{ text = \"a\", name = \"x\" }, { text = \"b\", name = \"x\" }]", "two are called x"),
            ("sets = { quiet = [\"logo\"] }", "sets: quiet: no layer is called \"logo\""),
            ("sets = { none = [] }", "sets: none is the word for no branding"),
            ("margin_percent = 60", "margin_percent: 60 is not 0 to 20"),
            ("[channel.wall.branding.crawl]\nground = \"\"", "crawl: ground: \"\" is no colour"),
        ] {
            let said = read(text).expect_err(text);
            assert!(said.contains(why), "{said}");
        }
    }
}
