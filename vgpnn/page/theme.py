"""The look: a contact sheet. Black film on a light table, one accent, system fonts only."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

# In this order: where two rules are equally specific, the later one holds.
STYLE_SHEETS = [
    Path(__file__).parent / "static" / f"{name}.css"
    for name in (
        "base",
        "layout",
        "tabs",
        "kept",
        "examples",
        "clip",
        "timeline",
        "advanced",
        "run",
        "result",
        "film",
        "drafts",
        "viewer",
        "paint",
        "words",
        "explanation",
    )
]

INK = gr.themes.Color(
    "#f7f8f7",
    "#eff0ee",
    "#e2e4e1",
    "#cbcecb",
    "#9a9f9b",
    "#5f6561",
    "#4d524f",
    "#363a38",
    "#222524",
    "#151716",
    "#0c0d0d",
    name="ink",
)
AMBER = gr.themes.Color(
    "#fff8e8",
    "#ffedc2",
    "#ffdf94",
    "#ffcf62",
    "#ffbe3a",
    "#ffb020",
    "#d98c00",
    "#a86a00",
    "#7c4d00",
    "#553500",
    "#332000",
    name="amber",
)
SANS = (
    "Avenir Next",
    "Segoe UI Variable Text",
    "Segoe UI",
    "Helvetica Neue",
    "Liberation Sans",
    "system-ui",
    "sans-serif",
)
MONO = (
    "ui-monospace",
    "SF Mono",
    "Cascadia Mono",
    "Menlo",
    "Consolas",
    "Liberation Mono",
    "monospace",
)


# Gradio's CSS variables; a name after a star is a colour of the theme.
VARIABLES = {
    "body_background_fill": "*neutral_100",
    "body_background_fill_dark": "*neutral_950",
    "body_text_color": "*neutral_900",
    "body_text_color_dark": "*neutral_100",
    "body_text_color_subdued": "*neutral_500",
    "body_text_color_subdued_dark": "*neutral_400",
    "background_fill_primary": "*neutral_50",
    "background_fill_primary_dark": "*neutral_900",
    "background_fill_secondary": "transparent",
    "background_fill_secondary_dark": "transparent",
    "block_background_fill": "transparent",
    "block_background_fill_dark": "transparent",
    "block_border_width": "0px",
    "block_shadow": "none",
    "block_padding": "0px",
    "block_label_background_fill": "transparent",
    "block_label_background_fill_dark": "transparent",
    "block_label_border_width": "0px",
    "block_label_text_color": "*neutral_600",
    "block_label_text_color_dark": "*neutral_300",
    "block_title_text_color": "*neutral_800",
    "block_title_text_color_dark": "*neutral_200",
    "block_title_text_weight": "600",
    "block_title_text_size": "*text_sm",
    "block_info_text_color": "*neutral_500",
    "block_info_text_color_dark": "*neutral_400",
    "block_info_text_size": "12px",
    "panel_border_width": "0px",
    "panel_background_fill": "transparent",
    "panel_background_fill_dark": "transparent",
    "border_color_primary": "*neutral_300",
    "border_color_primary_dark": "*neutral_700",
    "input_background_fill": "#ffffff",
    "input_background_fill_dark": "*neutral_900",
    "input_border_color": "*neutral_300",
    "input_border_color_dark": "*neutral_700",
    "input_border_color_focus": "*neutral_900",
    "input_border_color_focus_dark": "*primary_500",
    "input_border_width": "1px",
    "input_shadow": "none",
    "input_shadow_focus": "none",
    "input_radius": "4px",
    "slider_color": "*neutral_900",
    "slider_color_dark": "*primary_500",
    "color_accent": "*primary_500",
    "color_accent_soft": "*primary_50",
    "color_accent_soft_dark": "*neutral_800",
    "loader_color": "*primary_500",
    "checkbox_background_color_selected": "*neutral_900",
    "checkbox_background_color_selected_dark": "*primary_500",
    "checkbox_border_color_selected": "*neutral_900",
    "checkbox_border_color_selected_dark": "*primary_500",
    "checkbox_border_color_focus": "*neutral_900",
    "checkbox_border_color_focus_dark": "*primary_500",
    "checkbox_border_color_hover": "*neutral_900",
    "checkbox_border_color_hover_dark": "*primary_500",
    "checkbox_label_background_fill": "transparent",
    "checkbox_label_background_fill_dark": "transparent",
    "checkbox_label_background_fill_hover": "transparent",
    "checkbox_label_background_fill_hover_dark": "transparent",
    "checkbox_label_border_width": "0px",
    "checkbox_label_padding": "0px",
    "button_primary_background_fill": "*primary_500",
    "button_primary_background_fill_dark": "*primary_500",
    "button_primary_background_fill_hover": "*primary_400",
    "button_primary_background_fill_hover_dark": "*primary_400",
    "button_primary_text_color": "#151716",
    "button_primary_text_color_dark": "#151716",
    "button_primary_shadow": "none",
    "button_large_radius": "4px",
    "button_large_text_weight": "700",
    "button_cancel_background_fill": "*neutral_900",
    "button_cancel_background_fill_dark": "*neutral_100",
    "button_cancel_background_fill_hover": "*neutral_700",
    "button_cancel_background_fill_hover_dark": "*neutral_300",
    "button_cancel_text_color": "#ffffff",
    "button_cancel_text_color_dark": "*neutral_950",
    "error_background_fill": "*neutral_50",
    "error_background_fill_dark": "*neutral_900",
}


def theme() -> gr.themes.Base:
    """Gradio's plain theme with the colours, fonts and variables of this page."""
    base = gr.themes.Base(
        primary_hue=AMBER,
        secondary_hue=AMBER,
        neutral_hue=INK,
        font=SANS,
        font_mono=MONO,
        radius_size=gr.themes.sizes.radius_sm,
        text_size=gr.themes.sizes.text_md,
    )
    return base.set(**VARIABLES)
