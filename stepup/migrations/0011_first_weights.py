"""Every course's weight becomes its first weighing, used since the course was opened; its doses were given on it."""

from django.db import migrations


def keep_first_weights(apps, schema_editor):
    Weight, Answer = apps.get_model("stepup", "Weight"), apps.get_model("stepup", "WeightAnswer")
    for course in apps.get_model("stepup", "Course").objects.iterator():
        weight = Weight.objects.create(
            course=course,
            kg=course.weight_kg,
            weighed_on=course.weighed_on,
            weighed_by=course.weighed_by,
            recorded_by_id=course.opened_by_id,
            recorded_at=course.opened_at,
        )
        Answer.objects.create(
            weight=weight,
            used=True,
            beyond_limit=False,
            recorded_by_id=course.opened_by_id,
            by_id=course.opened_by_id,
            at=course.opened_at,
        )
        course.doses.update(weight=weight)


class Migration(migrations.Migration):
    dependencies = [("stepup", "0010_dose_weight")]
    operations = [migrations.RunPython(keep_first_weights, migrations.RunPython.noop)]
