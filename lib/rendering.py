"""How forms are drawn: Django's widgets inside our own field and form templates."""

from django.forms.renderers import TemplatesSetting


class FormRenderer(TemplatesSetting):
    """Renders `{{ form }}` and `field.as_field_group` with the templates of the design system."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"
