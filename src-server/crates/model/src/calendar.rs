//! Days and dates of the Gregorian calendar. Years are counted from March, so that the leap day is the last of its year; 146,097
//! days are 400 years.

use crate::units::UnixMillis;

/// Date and time of day in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct DateTime {
    pub year: i64,
    pub month: i64,
    pub day: i64,
    pub hour: i64,
    pub minute: i64,
    pub second: i64,
}

impl DateTime {
    /// Returns date and time of day. Times that cannot be written with four digits of a year become the first or last that
    /// can.
    pub fn of(time: UnixMillis) -> Self {
        // 0000-01-01 to 9999-12-31
        let secs = time.secs().clamp(-62_167_219_200, 253_402_300_799);
        let (days, rest) = (secs.div_euclid(86_400), secs.rem_euclid(86_400));
        let (year, month, day) = date_of(days);
        Self { year, month, day, hour: rest / 3600, minute: rest / 60 % 60, second: rest % 60 }
    }
}

/// Returns the number of days from 1970-01-01 to a date; `month` and `day` begin with 1.
pub fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year - 719_468
}

/// Returns year, month and day for a number of days since 1970-01-01.
pub fn date_of(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_each_other_s_opposite() {
        for (days, date) in
            [(0, (1970, 1, 1)), (-719_528, (0, 1, 1)), (2_932_896, (9999, 12, 31)), (11_016, (2000, 2, 29))]
        {
            assert_eq!(date_of(days), date);
        }
        for days in (-719_528..2_932_896).step_by(13) {
            let (year, month, day) = date_of(days);
            assert_eq!(days_since_1970(year, month, day), days);
        }
    }
}
