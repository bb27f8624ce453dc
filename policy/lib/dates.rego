# METADATA
# title: Dates
# description: Dates are texts, YYYY-MM-DD, so that they compare as they are.
package lambdalint.dates

# months_later gives the date that many months after another one.
months_later(date, months) := sprintf("%04d-%02d-%02d", time.date(time.add_date(_parsed(date), 0, months, 0)))

_parsed(date) := time.parse_ns("2006-01-02", date)
