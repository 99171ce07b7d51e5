//! Documents as tagged PDF on A4. First everything is laid out as a value (lines with their places, and what they are
//! to a reading machine), then drawn without choices. Same document, same bytes.

use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{Datelike, Timelike};
use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, SpanTag, TableHeaderScope, Tag, TagGroup, TagKind, TagTree,
};
use krilla::text::{Font, TextDirection};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

use super::{Block, Column, Paper};
use crate::domain::text::Text;

/// Why a PDF can't be set.
#[derive(Debug, thiserror::Error)]
pub enum PaperError {
    /// The font is not there or is no font.
    #[error(
        "the font {path} can't be used: {why}. Try: install fonts-dejavu-core, or name its folder as paper.fonts in siaran.toml"
    )]
    Font {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The PDF could not be put together.
    #[error("the PDF of {title:?} can't be set: {why}")]
    Set {
        /// The document.
        title: String,
        /// Why.
        why: String,
    },
}

/// The type of all documents: DejaVu Sans, upright and bold.
pub struct Fonts {
    upright: Face,
    bold: Face,
}

struct Face {
    font: Font,
    data: Arc<Vec<u8>>,
}

impl Fonts {
    /// Reads `DejaVuSans.ttf` and `DejaVuSans-Bold.ttf` from a folder.
    ///
    /// # Errors
    /// [`PaperError::Font`] names the file and the package that brings it.
    pub fn load(folder: &Path) -> Result<Fonts, PaperError> {
        Ok(Fonts { upright: face(folder.join("DejaVuSans.ttf"))?, bold: face(folder.join("DejaVuSans-Bold.ttf"))? })
    }
}

fn face(path: PathBuf) -> Result<Face, PaperError> {
    let data = std::fs::read(&path).map_err(|e| PaperError::Font { path: path.clone(), why: e.to_string() })?;
    let data = Arc::new(data);
    if let Err(error) = FontRef::new(&data) {
        return Err(PaperError::Font { path, why: error.to_string() });
    }
    match Font::new(data.clone().into(), 0) {
        Some(font) => Ok(Face { font, data }),
        None => Err(PaperError::Font { path, why: "it is no font".into() }),
    }
}

/// A4 in points (ISO 216: 210 × 297 mm).
const PAGE: (f32, f32) = (595.28, 841.89);
/// Margin on every side: 20 mm.
const MARGIN: f32 = 56.7;
const WIDTH: f32 = PAGE.0 - 2.0 * MARGIN;
/// Where the last line of a page may end; the page number stands below it.
const BOTTOM: f32 = PAGE.1 - MARGIN;
/// Height of a line in font sizes.
const LEADING: f32 = 1.35;
const TEXT: f32 = 9.5;
const SMALL: f32 = 7.5;

/// One line of text with its place.
struct Line {
    page: usize,
    x: f32,
    /// The baseline, from the top.
    y: f32,
    size: f32,
    bold: bool,
    grey: bool,
    lang: &'static str,
    text: String,
}

/// A hairline.
struct Rule {
    page: usize,
    x: f32,
    y: f32,
    width: f32,
}

/// What lines are to a machine that reads aloud. Numbers index [`Layout::lines`].
enum Role {
    Heading(u16, String, Vec<usize>),
    Paragraph(Vec<usize>),
    Table(Vec<Vec<(bool, Vec<usize>)>>),
}

struct Layout<'f> {
    fonts: &'f Fonts,
    lines: Vec<Line>,
    rules: Vec<Rule>,
    roles: Vec<Role>,
    page: usize,
    y: f32,
}

/// How a run of text looks.
#[derive(Clone, Copy)]
struct Look {
    size: f32,
    bold: bool,
    grey: bool,
    lang: &'static str,
}

const PLAIN: Look = Look { size: TEXT, bold: false, grey: false, lang: "id" };
const BOLD: Look = Look { bold: true, ..PLAIN };
const ENGLISH: Look = Look { size: SMALL, bold: false, grey: true, lang: "en" };

/// Sets a document.
///
/// # Errors
/// [`PaperError::Set`] if the PDF can't be put together.
pub fn pdf(paper: &Paper, fonts: &Fonts) -> Result<Vec<u8>, PaperError> {
    let mut layout = Layout { fonts, lines: Vec::new(), rules: Vec::new(), roles: Vec::new(), page: 0, y: MARGIN };
    layout.paper(paper);
    layout.draw(paper)
}

impl Layout<'_> {
    fn paper(&mut self, paper: &Paper) {
        for line in &paper.letterhead {
            let width = self.width(line, BOLD);
            let lines = self.run(line, BOLD, ((PAGE.0 - width) / 2.0).max(MARGIN), WIDTH);
            self.roles.push(Role::Paragraph(lines));
        }
        if !paper.letterhead.is_empty() {
            self.rules.push(Rule { page: self.page, x: MARGIN, y: self.y + 3.0, width: WIDTH });
            self.y += 14.0;
        }
        self.heading(1, 14.0, &paper.title);
        for block in &paper.blocks {
            self.block(block);
        }
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Heading(text) => self.heading(2, 11.0, text),
            Block::Words(text) => {
                let mut lines = self.run(&text.id, PLAIN, MARGIN, WIDTH);
                lines.extend(self.english(text, MARGIN, WIDTH));
                self.roles.push(Role::Paragraph(lines));
                self.y += 5.0;
            }
            Block::Written(words) => {
                for part in words.lines().filter(|l| !l.trim().is_empty()) {
                    let lines = self.run(part, PLAIN, MARGIN, WIDTH);
                    self.roles.push(Role::Paragraph(lines));
                }
                self.y += 5.0;
            }
            Block::Facts(facts) => self.facts(facts),
            Block::Table { caption, columns, rows } => self.table(caption, columns, rows),
            Block::Signature { place_and_date, position, name } => self.signature(place_and_date, position, name),
        }
    }

    fn heading(&mut self, level: u16, size: f32, text: &Text) {
        self.y += size * 0.6;
        self.room(size * 4.0);
        let mut lines = self.run(&text.id, Look { size, ..BOLD }, MARGIN, WIDTH);
        lines.extend(self.english(text, MARGIN, WIDTH));
        self.roles.push(Role::Heading(level, text.id.clone(), lines));
        self.y += 4.0;
    }

    fn english(&mut self, text: &Text, x: f32, width: f32) -> Vec<usize> {
        if text.en == text.id { Vec::new() } else { self.run(&text.en, ENGLISH, x, width) }
    }

    /// Names on the left, values on the right; each pair is a row of a table without rules.
    fn facts(&mut self, facts: &[(Text, String)]) {
        let left = WIDTH * 0.32;
        let mut rows = Vec::new();
        for (name, value) in facts {
            let height = self
                .height(value, PLAIN, WIDTH - left)
                .max(self.height(&name.id, BOLD, left - 8.0) + self.height(&name.en, ENGLISH, left - 8.0));
            self.room(height);
            let top = self.y;
            let mut head = self.run(&name.id, BOLD, MARGIN, left - 8.0);
            head.extend(self.english(name, MARGIN, left - 8.0));
            let below = self.y;
            self.y = top;
            let cell = self.run(value, PLAIN, MARGIN + left, WIDTH - left);
            self.y = self.y.max(below) + 2.0;
            rows.push(vec![(true, head), (false, cell)]);
        }
        self.roles.push(Role::Table(rows));
        self.y += 5.0;
    }

    fn table(&mut self, caption: &Text, columns: &[Column], rows: &[Vec<String>]) {
        let mut lines = self.run(&caption.id, BOLD, MARGIN, WIDTH);
        lines.extend(self.english(caption, MARGIN, WIDTH));
        self.roles.push(Role::Paragraph(lines));
        let total: f32 = columns.iter().map(|c| f32::from(c.weight.max(1))).sum();
        let widths: Vec<f32> = columns.iter().map(|c| WIDTH * f32::from(c.weight.max(1)) / total).collect();
        let mut tagged = vec![self.head(columns, &widths)];
        for row in rows {
            let cells = row.iter().zip(&widths);
            let height = cells.map(|(c, w)| self.height(c, SMALL_PLAIN, w - 6.0)).fold(0.0, f32::max) + 4.0;
            if self.y + height > BOTTOM {
                self.next_page();
                tagged.push(self.head(columns, &widths));
            }
            let (top, mut x, mut low) = (self.y, MARGIN, self.y);
            let mut cells = Vec::new();
            for (cell, width) in row.iter().zip(&widths) {
                self.y = top;
                cells.push((false, self.run(cell, SMALL_PLAIN, x, width - 6.0)));
                low = low.max(self.y);
                x += width;
            }
            self.y = low + 2.0;
            self.rules.push(Rule { page: self.page, x: MARGIN, y: self.y, width: WIDTH });
            self.y += 2.0;
            tagged.push(cells);
        }
        self.roles.push(Role::Table(tagged));
        self.y += 8.0;
    }

    fn head(&mut self, columns: &[Column], widths: &[f32]) -> Vec<(bool, Vec<usize>)> {
        self.room(40.0);
        let (top, mut x, mut low) = (self.y, MARGIN, self.y);
        let mut cells = Vec::new();
        for (column, width) in columns.iter().zip(widths) {
            self.y = top;
            let mut lines = self.run(&column.head.id, Look { size: SMALL + 0.5, ..BOLD }, x, width - 6.0);
            lines.extend(self.english(&column.head, x, width - 6.0));
            cells.push((true, lines));
            low = low.max(self.y);
            x += width;
        }
        self.y = low + 2.0;
        self.rules.push(Rule { page: self.page, x: MARGIN, y: self.y, width: WIDTH });
        self.y += 2.0;
        cells
    }

    fn signature(&mut self, place_and_date: &str, position: &str, name: &str) {
        const ROOM: f32 = 60.0; // for a pen or a stamp
        let x = MARGIN + WIDTH * 0.55;
        self.room(ROOM + 5.0 * TEXT * LEADING);
        self.y += TEXT;
        let mut lines = self.run(place_and_date, PLAIN, x, WIDTH * 0.45);
        lines.extend(self.run(position, PLAIN, x, WIDTH * 0.45));
        self.y += ROOM;
        lines.extend(self.run(name, BOLD, x, WIDTH * 0.45));
        self.roles.push(Role::Paragraph(lines));
    }

    fn next_page(&mut self) {
        self.page += 1;
        self.y = MARGIN;
    }

    fn room(&mut self, height: f32) {
        if self.y + height > BOTTOM && self.y > MARGIN {
            self.next_page();
        }
    }

    fn face(&self, look: Look) -> &Face {
        if look.bold { &self.fonts.bold } else { &self.fonts.upright }
    }

    fn width(&self, text: &str, look: Look) -> f32 {
        let face = FontRef::new(&self.face(look).data).expect("read as a font when it was loaded");
        let (map, metrics) = (face.charmap(), face.glyph_metrics(Size::new(look.size), LocationRef::default()));
        text.chars().map(|c| map.map(c).and_then(|g| metrics.advance_width(g)).unwrap_or(look.size)).sum()
    }

    fn height(&self, text: &str, look: Look, width: f32) -> f32 {
        let lines = self.wrap(text, look, width).len();
        f32::from(u16::try_from(lines).unwrap_or(u16::MAX)) * look.size * LEADING
    }

    /// Lines no wider than `width`, broken at spaces; a word that is too long is broken where it must be.
    fn wrap(&self, text: &str, look: Look, width: f32) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = String::new();
        for word in text.split_whitespace() {
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if self.width(&longer, look) <= width {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            for c in word.chars() {
                line.push(c);
                if self.width(&line, look) > width && line.chars().count() > 1 {
                    line.pop();
                    lines.push(std::mem::replace(&mut line, c.to_string()));
                }
            }
        }
        if !line.is_empty() {
            lines.push(line);
        }
        lines
    }

    /// Places text from here down; returns its lines.
    fn run(&mut self, text: &str, look: Look, x: f32, width: f32) -> Vec<usize> {
        let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let mut placed = Vec::new();
        for text in self.wrap(&clean, look, width) {
            let height = look.size * LEADING;
            if self.y + height > BOTTOM {
                self.next_page();
            }
            placed.push(self.lines.len());
            self.lines.push(Line {
                page: self.page,
                x,
                y: self.y + look.size,
                size: look.size,
                bold: look.bold,
                grey: look.grey,
                lang: look.lang,
                text,
            });
            self.y += height;
        }
        placed
    }

    fn draw(self, paper: &Paper) -> Result<Vec<u8>, PaperError> {
        let set = |why: String| PaperError::Set { title: paper.title.id.clone(), why };
        let mut document = Document::new();
        document.set_metadata(metadata(paper));
        let mut identifiers: Vec<Option<Identifier>> = self.lines.iter().map(|_| None).collect();
        for number in 0..=self.page {
            let size = PageSettings::from_wh(PAGE.0, PAGE.1).ok_or_else(|| set("A4 is no page".into()))?;
            let mut page = document.start_page_with(size);
            let mut surface = page.surface();
            for (line, identifier) in self.lines.iter().zip(&mut identifiers).filter(|(l, _)| l.page == number) {
                let tag = SpanTag::empty().with_lang(Some(line.lang));
                *identifier = Some(surface.start_tagged(ContentTag::Span(tag)));
                self.write(&mut surface, line);
                surface.end_tagged();
            }
            surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Other)));
            for rule in self.rules.iter().filter(|r| r.page == number) {
                draw_rule(&mut surface, rule);
            }
            let foot = Line {
                page: number,
                x: MARGIN,
                y: PAGE.1 - MARGIN / 2.0,
                size: SMALL,
                bold: false,
                grey: true,
                lang: "id",
                text: format!("{} · {} / {}", paper.title.id, number + 1, self.page + 1),
            };
            self.write(&mut surface, &foot);
            surface.end_tagged();
            surface.finish();
            page.finish();
        }
        document.set_tag_tree(tree(&self.roles, &mut identifiers));
        document.finish().map_err(|e| set(format!("{e:?}")))
    }

    fn write(&self, surface: &mut Surface, line: &Line) {
        surface.set_fill(Some(ink(line.grey)));
        let face = if line.bold { &self.fonts.bold } else { &self.fonts.upright };
        let at = Point::from_xy(line.x, line.y);
        surface.draw_text(at, face.font.clone(), line.size, &line.text, false, TextDirection::Auto);
    }
}

/// Cells of tables.
const SMALL_PLAIN: Look = Look { size: SMALL + 0.5, ..PLAIN };

fn ink(grey: bool) -> Fill {
    let shade = if grey { 90 } else { 0 };
    Fill { paint: rgb::Color::new(shade, shade, shade).into(), opacity: NormalizedF32::ONE, rule: FillRule::default() }
}

fn draw_rule(surface: &mut Surface, rule: &Rule) {
    let Some(rect) = Rect::from_xywh(rule.x, rule.y, rule.width, 0.5) else { return };
    let mut path = PathBuilder::new();
    path.push_rect(rect);
    if let Some(path) = path.finish() {
        surface.set_fill(Some(ink(true)));
        surface.draw_path(&path);
    }
}

fn metadata(paper: &Paper) -> Metadata {
    let at = paper.made_at;
    let part = |n: u32| u8::try_from(n).unwrap_or(0);
    let made = DateTime::new(u16::try_from(at.year()).unwrap_or(1970))
        .month(part(at.month()))
        .day(part(at.day()))
        .hour(part(at.hour()))
        .minute(part(at.minute()))
        .second(part(at.second()));
    Metadata::new().title(paper.title.id.clone()).language("id".into()).creator("Siaran".into()).creation_date(made)
}

/// The reading order. Every line that was drawn is somebody's, exactly once.
fn tree(roles: &[Role], identifiers: &mut [Option<Identifier>]) -> TagTree {
    let mut leaf = |group: &mut TagGroup, lines: &[usize]| {
        for line in lines {
            if let Some(identifier) = identifiers[*line].take() {
                group.push(identifier);
            }
        }
    };
    let mut tree = TagTree::new().with_lang(Some("id".into()));
    for role in roles {
        let group = match role {
            Role::Heading(level, title, lines) => {
                let level = NonZeroU16::new(*level).unwrap_or(NonZeroU16::MIN);
                let mut group = TagGroup::new(TagKind::from(Tag::Hn(level, Some(title.clone()))));
                leaf(&mut group, lines);
                group
            }
            Role::Paragraph(lines) => {
                let mut group = TagGroup::new(TagKind::from(Tag::P));
                leaf(&mut group, lines);
                group
            }
            Role::Table(rows) => {
                let mut table = TagGroup::new(TagKind::from(Tag::Table));
                for row in rows {
                    let scope = if row.iter().all(|c| c.0) { TableHeaderScope::Column } else { TableHeaderScope::Row };
                    let mut tr = TagGroup::new(TagKind::from(Tag::TR));
                    for (head, lines) in row {
                        let kind = if *head { TagKind::from(Tag::TH(scope)) } else { TagKind::from(Tag::TD) };
                        let mut cell = TagGroup::new(kind);
                        leaf(&mut cell, lines);
                        tr.push(cell);
                    }
                    table.push(tr);
                }
                table
            }
        };
        tree.push(group);
    }
    tree
}
