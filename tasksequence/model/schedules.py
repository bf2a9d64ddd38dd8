"""Schedules of packages and deployments."""

from datetime import datetime

from tasksequence.cim_datetime import UNSPECIFIED_OFFSET
from tasksequence.model.enumerations import Day, WeekOrder
from tasksequence.qualifiers import Range, abstract, embedded
from tasksequence.wmi import WmiObject, prop, wmi_class
from tasksequence.wmi_property import UInt32

__all__ = [
    "ST_NonRecurring",
    "ST_RecurInterval",
    "ST_RecurMonthlyByDate",
    "ST_RecurMonthlyByWeekday",
    "ST_RecurWeekly",
    "ScheduleToken",
]


@wmi_class("SMS_ScheduleToken", abstract, embedded)
class ScheduleToken(WmiObject):
    """Base of schedules: when something starts, and how long it lasts."""

    day_duration: UInt32 | None = prop("DayDuration", Range("0-31"), default=0)
    hour_duration: UInt32 | None = prop("HourDuration", Range("0-23"), default=0)
    is_gmt: bool | None = prop("IsGMT", default=False)
    minute_duration: UInt32 | None = prop("MinuteDuration", Range("0-59"), default=0)
    start_time: datetime | None = prop(
        "StartTime", default=datetime(1970, 2, 1, tzinfo=UNSPECIFIED_OFFSET)
    )


@wmi_class("SMS_ST_NonRecurring", embedded)
class ST_NonRecurring(ScheduleToken):
    """A schedule that happens once."""


@wmi_class("SMS_ST_RecurInterval", embedded)
class ST_RecurInterval(ScheduleToken):
    """A schedule that recurs after days, hours or minutes."""

    day_duration: UInt32 | None = prop("DayDuration", default=0)
    day_span: UInt32 | None = prop("DaySpan", Range("0-31"), default=0)
    hour_span: UInt32 | None = prop("HourSpan", Range("0-23"), default=0)
    minute_span: UInt32 | None = prop("MinuteSpan", Range("0-59"), default=0)


@wmi_class("SMS_ST_RecurMonthlyByDate", embedded)
class ST_RecurMonthlyByDate(ScheduleToken):
    """A schedule that recurs on a day of the month."""

    day_duration: UInt32 | None = prop("DayDuration", default=0)
    for_number_of_months: UInt32 | None = prop("ForNumberOfMonths", Range("1-12"), default=1)
    month_day: UInt32 | None = prop("MonthDay", Range("0-31"), default=0)


@wmi_class("SMS_ST_RecurMonthlyByWeekday", embedded)
class ST_RecurMonthlyByWeekday(ScheduleToken):
    """A schedule that recurs on a weekday of a week of the month."""

    day: Day | UInt32 | None = prop("Day", default=1)
    for_number_of_months: UInt32 | None = prop("ForNumberOfMonths", Range("1-12"), default=1)
    week_order: WeekOrder | UInt32 | None = prop("WeekOrder", default=0)


@wmi_class("SMS_ST_RecurWeekly", embedded)
class ST_RecurWeekly(ScheduleToken):
    """A schedule that recurs on a day of the week."""

    day: Day | UInt32 | None = prop("Day", default=1)
    for_number_of_weeks: UInt32 | None = prop("ForNumberOfWeeks", Range("1-4"), default=1)
