"""The application: routes put together over the parts."""

from __future__ import annotations

from flask import Flask

from api import images, page, system
from api.description import routes as description
from api.events import routes as events
from api.parts import Parts
from api.people import audit, session, tokens, users
from api.people.administration import Administration
from api.people.auth import Guard
from api.people.login import Login
from api.people.passwords import Passwords
from api.people.trail import Trail
from api.results import preview, reports
from api.videos import routes as videos
from api.watching import history, metrics
from api.watching.requests import Requests
from api.web import headers, hosts, problems
from api.web.bodies import Bodies
from api.web.proxies import TrustedProxies
from api.web.rates import Rates
from api.web.stalls import StallWatch
from api.web.turns import Turns
from api.webhooks import deliveries
from api.webhooks import routes as webhooks
from api.workloads import changed as changed_workload
from api.workloads import failures, listings, removal, replays
from api.workloads import routes as workloads

STRANGERS = "requests per second without a live token from this address; POST /login gives one"


def create_app(parts: Parts, passwords: Passwords | None = None) -> Flask:
    """A WSGI application; any number of threads may run it."""
    app = Flask("api", static_folder=None)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False  # they would answer without a token
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = (
        False  # it would redirect, to whichever host the request names, without a token
    )
    Requests(parts.counted).install(app)
    trail = Trail(parts.journal, parts.clock)
    login = Login(parts.accounts, parts.tokens, passwords or Passwords(), trail, parts.clock)
    bounds = parts.bounds
    rates = Rates(bounds.requests_per_second)
    strangers = Rates(bounds.strangers_per_second, what=STRANGERS)
    guard = Guard(parts.tokens, login, trail, rates, strangers, parts.clock)
    leaving = Turns(bounds.downloads_at_once, bounds.upload_wait_s, bounds.downloads_waiting, "downloads")
    app.register_blueprint(session.blueprint(parts, guard, login, trail))
    app.register_blueprint(tokens.blueprint(parts, guard, login, trail))
    app.register_blueprint(users.blueprint(parts, guard, Administration(parts, login, trail)))
    app.register_blueprint(audit.blueprint(parts, guard))
    app.register_blueprint(workloads.blueprint(parts, guard, trail))
    app.register_blueprint(changed_workload.blueprint(parts, guard, trail))
    app.register_blueprint(listings.blueprint(parts, guard))
    app.register_blueprint(events.blueprint(parts, guard))
    app.register_blueprint(webhooks.blueprint(parts, guard, trail))
    app.register_blueprint(deliveries.blueprint(parts, guard))
    app.register_blueprint(images.blueprint(parts, guard, leaving))
    app.register_blueprint(videos.blueprint(parts, guard, leaving))
    app.register_blueprint(failures.blueprint(parts, guard, leaving))
    app.register_blueprint(removal.blueprint(parts, guard, trail))
    app.register_blueprint(reports.blueprint(parts, guard))
    app.register_blueprint(replays.blueprint(parts, guard))
    app.register_blueprint(preview.blueprint(parts, guard))
    app.register_blueprint(system.blueprint(parts, guard))
    app.register_blueprint(metrics.blueprint(parts, guard))
    app.register_blueprint(history.blueprint(parts, guard))
    app.register_blueprint(page.blueprint())
    app.register_blueprint(description.blueprint())
    headers.install(app)
    hosts.install(app)
    problems.install(app)
    stalls = StallWatch(bounds.stall_s, bounds.min_bytes_per_second)
    served = Bodies(app.wsgi_app, bounds.courtesies_at_once, bounds.courtesies_waiting, stalls)
    app.wsgi_app = TrustedProxies(served, bounds.trusted_proxies)  # type: ignore[method-assign]
    return app
