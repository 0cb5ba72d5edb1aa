"""The weight of a course is read from its weighings. Final: later weighings have no place in one column."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("stepup", "0011_first_weights")]
    operations = [
        migrations.RemoveConstraint(model_name="course", name="course_weight_is_a_persons"),
        migrations.RemoveField(model_name="course", name="weight_kg"),
        migrations.RemoveField(model_name="course", name="weighed_on"),
        migrations.RemoveField(model_name="course", name="weighed_by"),
    ]
