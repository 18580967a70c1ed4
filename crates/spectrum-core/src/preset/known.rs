//! The presets themselves. Every claim was looked up on [`super::PRESETS_LOOKED_UP`]; what a later look finds is changed here
//! and nowhere else. Names of columns and events are those of the tools' own exports.

use super::Certainty::{Code, Documented, Elsewhere, Unconfirmed};
use super::{Certainty, Claim, Preset};

const fn claim(
    setting: &'static str,
    value: &'static str,
    certainty: Certainty,
    source: &'static str,
) -> Claim {
    Claim { setting, value, certainty, source }
}

const RULE: &str = "docs/rules.md of Spectrum";
const GA4_SESSIONS: &str = "https://support.google.com/analytics/answer/9191807";
const POSTHOG: &str = "github.com/PostHog/posthog-js, packages/browser/src/sessionid.ts";
const MIXPANEL: &str = "github.com/mixpanel/docs, docs/features/sessions.mdx (Timeout-Based Sessions)";
const PLAUSIBLE: &str = "github.com/plausible/analytics, lib/plausible/session/cache_store.ex (find_session: whole minutes <= 30)";
const UMAMI: &str = "github.com/umami-software/umami, src/app/api/send/route.ts (now - iat > 1800)";
const KUSTO: &str =
    "https://learn.microsoft.com/en-us/kusto/query/row-window-session-function (equals or exceeds)";

pub(super) const PRESETS: &[Preset] = &[
    Preset {
        name: "original",
        tool: "this project's original system",
        claims: &[claim("gap", "30m", Code, RULE), claim("at_gap", "same", Code, RULE)],
        zone: None,
        cannot_say: &[],
    },
    Preset {
        name: "ga4",
        tool: "Google Analytics 4",
        claims: &[
            claim("gap", "30m", Documented, GA4_SESSIONS),
            claim("at_gap", "same", Unconfirmed, ""),
            claim("split_at", "none", Unconfirmed, ""),
            claim("split_on", "none", Unconfirmed, ""),
            claim("max_duration", "none", Documented, GA4_SESSIONS),
        ],
        zone: None,
        cannot_say: &[
            "its ids are made in the browser or app (ga_session_id), which also sees what is not exported",
            "an app's timeout begins when the app goes into the background, and extend_session holds it off",
            "whether a session is engaged (longer than 10 s, a key event, or two views) is said of a session, and decides \
             nothing about where it ends",
        ],
    },
    Preset {
        name: "matomo",
        tool: "Matomo",
        claims: &[
            claim(
                "gap",
                "30m",
                Code,
                "github.com/matomo-org/matomo, config/global.ini.php (visit_standard_length)",
            ),
            claim(
                "at_gap",
                "new",
                Code,
                "github.com/matomo-org/matomo, plugins/CoreHome/Tracker/VisitRequestProcessor.php (isLastActionInTheSameVisit)",
            ),
            claim(
                "split_at",
                "midnight",
                Code,
                "github.com/matomo-org/matomo, config/global.ini.php (create_new_visit_after_midnight)",
            ),
            claim(
                "split_on",
                "utm_campaign",
                Code,
                "github.com/matomo-org/matomo, plugins/Referrers/Columns/Campaign.php (shouldForceNewVisit)",
            ),
            claim(
                "max_events",
                "10000",
                Code,
                "github.com/matomo-org/matomo, config/global.ini.php (create_new_visit_after_x_actions)",
            ),
        ],
        zone: Some("the site's time zone in Matomo"),
        cannot_say: &[
            "its times are whole seconds",
            "a campaign is looked for in several parameters; put your column in place of utm_campaign",
            "visitors are also recognised by a fingerprint, so its visits are of other keys than a column's",
            "a changed user id may begin a visit (enable_userid_overwrites_visitorid)",
        ],
    },
    Preset {
        name: "snowplow",
        tool: "Snowplow's JavaScript tracker",
        claims: &[
            claim(
                "gap",
                "30m",
                Code,
                "github.com/snowplow/snowplow-javascript-tracker, libraries/browser-tracker-core/src/tracker/index.ts \
                 (sessionCookieTimeout)",
            ),
            claim(
                "at_gap",
                "same",
                Code,
                "github.com/snowplow/snowplow-javascript-tracker, libraries/browser-tracker-core/src/tracker/index.ts \
                 (where cookies are not allowed; a cookie's own end is up to the browser)",
            ),
        ],
        zone: None,
        cannot_say: &[
            "its ids are made in the browser (domain_sessionid); every event moves the timeout, page pings among them",
        ],
    },
    Preset {
        name: "posthog",
        tool: "PostHog",
        claims: &[
            claim("gap", "30m", Code, POSTHOG),
            claim("at_gap", "same", Code, POSTHOG),
            claim("max_duration", "24h", Code, POSTHOG),
        ],
        zone: None,
        cannot_say: &[
            "its ids are made in the browser or app ($session_id)",
            "what session replay records, such as movements of the mouse, is activity too, and is no event",
        ],
    },
    Preset {
        name: "mixpanel",
        tool: "Mixpanel (sessions by timeout, its default)",
        claims: &[
            claim(
                "where",
                "event NOT IN ('$identify', '$create_alias', '$merge', '$hotshard_events', '$campaign_delivery', \
                 '$campaign_bounced', '$campaign_marked_spam', '$message_suppressed', '$unsubscribe', '$journey_entered')",
                Documented,
                "github.com/mixpanel/docs, docs/features/sessions.mdx (events excluded by default)",
            ),
            claim("gap", "30m", Documented, MIXPANEL),
            claim("at_gap", "same", Unconfirmed, ""),
            claim("split_at", "midnight", Documented, MIXPANEL),
        ],
        zone: Some("the project's time zone in Mixpanel"),
        cannot_say: &[
            "events that are hidden in Lexicon, or excluded in the project's settings, are left out too",
            "sessions that a project bases on events or on a property are other definitions",
        ],
    },
    Preset {
        name: "amplitude",
        tool: "Amplitude in the browser",
        claims: &[
            claim(
                "gap",
                "30m",
                Code,
                "github.com/amplitude/Amplitude-TypeScript, packages/analytics-browser/src/config.ts (sessionTimeout)",
            ),
            claim(
                "at_gap",
                "same",
                Code,
                "github.com/amplitude/Amplitude-TypeScript, packages/analytics-core/src/session.ts (isNewSession)",
            ),
        ],
        zone: None,
        cannot_say: &["its ids are made in the browser (session_id)"],
    },
    Preset {
        name: "amplitude-mobile",
        tool: "Amplitude in React Native apps",
        claims: &[
            claim(
                "gap",
                "5m",
                Code,
                "github.com/amplitude/Amplitude-TypeScript, packages/analytics-react-native/src/config.ts (sessionTimeout)",
            ),
            claim(
                "at_gap",
                "new",
                Code,
                "github.com/amplitude/Amplitude-TypeScript, packages/analytics-react-native/src/react-native-client.ts \
                 (isWithinMinTimeBetweenSessions)",
            ),
        ],
        zone: None,
        cannot_say: &[
            "its ids are made in the app (session_id)",
            "a session goes on as long as the app is in the foreground, however long nothing happens",
        ],
    },
    Preset {
        name: "adobe-analytics",
        tool: "Adobe Analytics",
        claims: &[
            claim(
                "gap",
                "30m",
                Documented,
                "https://helpx.adobe.com/ca/analytics/kb/comparing-visits-and-instances.html",
            ),
            claim(
                "at_gap",
                "same",
                Elsewhere,
                "https://experienceleaguecommunities.adobe.com/t5/adobe-analytics-ideas/session-visit-end-type-indication-in-analytics/idc-p/335094 \
                 (more than 30 minutes)",
            ),
            claim(
                "max_duration",
                "12h",
                Documented,
                "https://helpx.adobe.com/ca/analytics/kb/comparing-visits-and-instances.html",
            ),
            claim(
                "max_events",
                "2500",
                Elsewhere,
                "https://evolytics.com/blog/differing-definitions-of-visit-in-adobe-analytics-and-ga4/",
            ),
        ],
        zone: None,
        cannot_say: &["100 hits within 100 seconds end a visit too"],
    },
    Preset {
        name: "segment-dbt",
        tool: "the dbt package dbt-labs/segment",
        claims: &[
            claim(
                "gap",
                "30m",
                Code,
                "github.com/dbt-labs/segment, dbt_project.yml (segment_inactivity_cutoff)",
            ),
            claim(
                "at_gap",
                "same",
                Code,
                "github.com/dbt-labs/segment, models/sessionization/segment_web_page_views__sessionized.sql; its docs.md says \
                 30 minutes or more",
            ),
        ],
        zone: None,
        cannot_say: &[
            "its key is anonymous_id, and its events are page views alone",
            "pauses are counted in seconds by the database's datediff, which some databases round",
        ],
    },
    Preset {
        name: "rudderstack",
        tool: "RudderStack's JavaScript SDK",
        claims: &[
            claim(
                "gap",
                "30m",
                Code,
                "github.com/rudderlabs/rudder-sdk-js, packages/analytics-js/src/constants/timeouts.ts (DEFAULT_SESSION_TIMEOUT_MS)",
            ),
            claim(
                "at_gap",
                "same",
                Code,
                "github.com/rudderlabs/rudder-sdk-js, packages/analytics-js/src/components/userSessionManager/utils.ts \
                 (hasSessionExpired)",
            ),
            claim(
                "split_on",
                "user_id",
                Documented,
                "https://www.rudderstack.com/docs/sources/event-streams/sdks/session-tracking/automatic-session-tracking/javascript",
            ),
            claim(
                "split_on_null",
                "keep",
                Documented,
                "https://www.rudderstack.com/docs/sources/event-streams/sdks/session-tracking/automatic-session-tracking/javascript",
            ),
        ],
        zone: None,
        cannot_say: &[
            "its key is anonymous_id; name it with key, because a column of the key cannot split a session",
            "its ids are made in the browser (sessionId), and reset() and startSession() begin a session too",
        ],
    },
    Preset {
        name: "plausible",
        tool: "Plausible Analytics",
        claims: &[
            claim("gap", "31m", Code, PLAUSIBLE),
            claim("at_gap", "new", Code, PLAUSIBLE),
            claim(
                "passive_when",
                "name IN ('engagement', 'pageleave')",
                Code,
                "github.com/plausible/analytics, lib/plausible/session/cache_store.ex (handle_event)",
            ),
        ],
        zone: None,
        cannot_say: &[
            "visitors are a hash whose salt changes daily; the salt of yesterday counts still, so that a visit may go on \
             past midnight",
            "its times are whole seconds, and events count in the order in which they arrive",
        ],
    },
    Preset {
        name: "umami",
        tool: "Umami",
        claims: &[
            claim("gap", "30m", Code, UMAMI),
            claim("at_gap", "same", Code, UMAMI),
            claim("max_duration", "30m", Code, UMAMI),
        ],
        zone: None,
        cannot_say: &[
            "its half hour is from the visit's first event and does not slide",
            "a visit's id is a hash of the session and the clock's hour, so a visit that begins anew within one hour gets the \
             id of the one before, and the two are counted as one",
        ],
    },
    Preset {
        name: "flink",
        tool: "Apache Flink (session windows)",
        claims: &[claim(
            "at_gap",
            "same",
            Code,
            "github.com/apache/flink, flink-streaming-java, TimeWindow.java (intersects)",
        )],
        zone: None,
        cannot_say: &["it has no gap of its own: say yours beside it"],
    },
    Preset {
        name: "spark",
        tool: "Apache Spark (session_window)",
        claims: &[claim(
            "at_gap",
            "same",
            Code,
            "github.com/apache/spark, sql/core, UpdatingSessionsIterator.scala (sessionStart <= end of the current one)",
        )],
        zone: None,
        cannot_say: &["it has no gap of its own: say yours beside it"],
    },
    Preset {
        name: "kafka-streams",
        tool: "Kafka Streams (SessionWindows)",
        claims: &[claim(
            "at_gap",
            "same",
            Code,
            "github.com/apache/kafka, streams, KStreamSessionWindowAggregate.java (findSessions from the time less the gap, both \
             ends included)",
        )],
        zone: None,
        cannot_say: &[
            "it has no gap of its own: say yours beside it",
            "what comes later than its grace period is dropped",
        ],
    },
    Preset {
        name: "beam",
        tool: "Apache Beam (Sessions)",
        claims: &[claim(
            "at_gap",
            "new",
            Code,
            "github.com/apache/beam, sdks/java/core, IntervalWindow.java (isDisjoint)",
        )],
        zone: None,
        cannot_say: &["it has no gap of its own: say yours beside it"],
    },
    Preset {
        name: "kusto",
        tool: "Kusto (row_window_session)",
        claims: &[claim("at_gap", "new", Documented, KUSTO)],
        zone: None,
        cannot_say: &[
            "it has no gap of its own: say yours beside it",
            "it also wants a longest distance from the first, where as long is too long; max_duration ends a session only \
             where it is longer",
        ],
    },
    Preset {
        name: "feldera",
        tool: "Feldera",
        claims: &[claim("at_gap", "new", Unconfirmed, "")],
        zone: None,
        cannot_say: &["it has no gap of its own: say yours beside it"],
    },
];
