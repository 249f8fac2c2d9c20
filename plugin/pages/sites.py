"""The Jira sites: those there are, adding one (tested at once), testing, removing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, flash, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, RadioField, SelectField
from wtforms.widgets import EmailInput

from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor
from plugin.doors.address import public_address
from plugin.pages.frame.choice import strange_choice
from plugin.pages.frame.forms import DayField, LineField, PageForm, Secret, require_text
from plugin.pages.frame.page import render
from plugin.pages.frame.visit import known_site, show_moment
from plugin.pages.views.words.moments import MomentText
from plugin.runtime.connector import Connector, Refusal, Site
from plugin.runtime.saved_sites import new_secret
from plugin.runtime.settings import CONSENT, SERVICE
from plugin.runtime.sites.credential_expiry import Expiry
from plugin.use_cases.forge.pairing import PairingCode, list_installations, make_code
from plugin.use_cases.health.faults import JiraError, describe_error
from plugin.use_cases.sites.application_link import (
    application_link,
    forget_application_link,
    take_application_link,
)
from plugin.use_cases.sites.consent import CALLBACK, ConsentRequest, begin, finish, prepare
from plugin.use_cases.sites.consent import consent_standing as oauth_standing
from plugin.use_cases.sites.goals_account import (
    forget_goals_account,
    goals_account,
    take_goals_account,
)
from plugin.use_cases.sites.secret_change import change_secret
from plugin.use_cases.sites.sites import (
    ConnectionTest,
    NewSite,
    SiteStanding,
    add,
    attempt,
    list_sites,
    one_site,
    remove,
    renew,
)
from plugin.use_cases.sites.webhook import target
from plugin.use_cases.visibility.jira_sign_in import sign_in_standing
from plugin.use_cases.visibility.site_visibility import Visibility, change_visibility, site_visibility

CLOUD, DATA_CENTER, ROBOT, APP = "cloud", "datacenter", "service", "consent"
WAYS = {
    CLOUD: ("Cloud", "e-mail address and API token, or the token of a service account"),
    ROBOT: ("Cloud, OAuth 2.0 of a service account", "client id and secret"),
    APP: ("Cloud, OAuth 2.0 app", "client id and secret, and a Jira user who allows it in the browser"),
    DATA_CENTER: ("Data Center", "personal access token"),
}
EXPIRES_HINT = (
    "Shown at id.atlassian.com when the token is made; Jira Cloud does not tell. Data Center tells where the account has one "
    "token, and that counts. Sync health warns two weeks before."
)


MODES = {
    Visibility.EVERYONE.value: "everything to everybody who signs in",
    Visibility.TITLES.value: "key, title and people of an issue to whom Jira shows it; numbers to everybody",
}


class VisibilityForm(PageForm):
    """What people see of issues that Jira does not show them."""

    mode = SelectField("What people see", choices=MODES, validate_choice=False)


class SiteForm(PageForm):
    """A Jira to connect, and the account that reads and writes there."""

    url = LineField(
        "Address of Jira",
        [
            require_text(
                "Write the address of Jira as the browser shows it, for example https://acme.atlassian.net."
            )
        ],
        description="As the browser shows it, for example acme.atlassian.net; any page of it will do.",
        # no field of the type url: browsers show addresses without https://, and such a field refuses these
        render_kw={"autocomplete": "url", "inputmode": "url", "spellcheck": "false"},
    )
    name = LineField(
        "Short name for it here",
        [require_text("Give the site a short name, for example acme.")],
        description="Small letters, digits and dashes; it stands in addresses of pages and of the webhook.",
        render_kw={"pattern": r"[a-z0-9][a-z0-9\-]*", "maxlength": 30},
    )
    deployment = RadioField(
        "Which Jira is it?",
        choices={kind: label for kind, (label, _) in WAYS.items()},
        default=CLOUD,
        validate_choice=False,
    )
    email = LineField(
        "E-mail address of the account (Cloud)",
        widget=EmailInput(),
        description="Best an account of its own, so that people see in the history who wrote. Leave it empty for the token of a service account.",
    )
    token = Secret(
        "API token, or personal access token",
        filters=[str.strip],
        description="Cloud: id.atlassian.com, Security, API tokens. Data Center: your profile, Personal access tokens.",
    )
    client_id = LineField(
        "Client id",
        description="Of a service account: admin.atlassian.com, Directory, Service accounts. Of an app: developer.atlassian.com, Settings.",
    )
    client_secret = Secret("Client secret", filters=[str.strip])
    token_expires = DayField("The token expires on", description=EXPIRES_HINT)
    api_base = LineField(
        "Address of the API",
        description="Leave it empty: for scoped tokens and service accounts Atlassian's gateway is found by itself. Only where a proxy stands before it.",
    )

    @property
    def by_oauth(self) -> bool:
        """Whether there is a client id with a secret in the place of a token."""
        return self.deployment.data in (ROBOT, APP)

    def validate(self, extra_validators: Mapping[str, Sequence[Callable[..., object]]] | None = None) -> bool:
        """Each way has something of its own that nobody can do without."""
        good: bool = super().validate(extra_validators)
        if self.by_oauth and not self.client_id.data:
            self.refuse("Give the client id, and the secret that was made with it.", "client_id")
            return False
        if self.by_oauth and not self.client_secret.data:
            self.refuse(
                "Give the client secret; it is not shown again, so type it anew where something else was wrong.",
                "client_secret",
            )
            return False
        if not self.by_oauth and not self.token.data:
            self.refuse(
                "Give a token; it is not shown again, so type it anew where something else was wrong.",
                "token",
            )
            return False
        return good

    def site(self) -> NewSite:
        """The site that was typed. A secret of ours is put in."""
        is_cloud = (self.deployment.data or CLOUD) == CLOUD
        oauth = self.by_oauth
        return NewSite(
            name=self.name.data,
            url=self.url.data,
            api_base=self.api_base.data,
            email=self.email.data if is_cloud else "",
            token=self.token.data if is_cloud else "",
            pat="" if is_cloud or oauth else self.token.data,
            webhook_secret=new_secret(),
            token_expires=None if oauth else self.token_expires.data,
            client_id=self.client_id.data if oauth else "",
            client_secret=self.client_secret.data if oauth else "",
            grant={ROBOT: SERVICE, APP: CONSENT}.get(self.deployment.data, ""),
        )


class RenewalForm(PageForm):
    """Another token for a site, or the day on which the present one expires."""

    token = Secret(
        "New API token, personal access token, or client secret",
        filters=[str.strip],
        description="Leave it empty to keep the present one. Cloud: id.atlassian.com, Security, API tokens, for the same account. "
        "Data Center: your profile, Personal access tokens.",
    )
    token_expires = DayField("The token expires on", description=EXPIRES_HINT)


class GoalsForm(PageForm):
    """An account that works with Atlassian Goals in the place of Jira's; nothing typed lets Jira's do so again."""

    email = LineField(
        "E-mail address of the account for Goals",
        widget=EmailInput(),
        description="Leave both empty where the account of Jira works with goals.",
    )
    goals_token = Secret("Its API token, without scopes", filters=[str.strip])


class LinkForm(PageForm):
    """The application link by which people of a Data Center prove who they are; nothing typed takes it away."""

    link_client_id = LineField(
        "Client id of the application link",
        description="In Jira: Administration, Applications, Application links, Create link, External application, Incoming, with the permission Read. "
        "Leave both empty to take it away.",
    )
    link_client_secret = Secret("Its client secret", filters=[str.strip])


class ChoiceForm(PageForm):
    """Which of the sites that were allowed it is."""

    state = HiddenField()
    cloud_id = RadioField("Which site is it?", validate_choice=False)


class RemovalForm(PageForm):
    """Forgetting a site, confirmed by its name."""

    confirm = LineField(render_kw={"required": True})


@dataclass(frozen=True, slots=True)
class SiteCard:
    """One site in the list."""

    name: str
    url: str
    deployment: str
    issues: int
    revision: str
    delivery: MomentText | None
    removable: bool
    credential: Expiry


@dataclass(frozen=True, slots=True)
class InstallationLine:
    """One installation of the Forge app."""

    environment: str
    paired: MomentText
    heard: MomentText | None
    uninstalled: MomentText | None


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.get("/sites", endpoint="sites")
    @needs("admin")
    def all_sites() -> ResponseReturnValue:
        cards = [card(connector, one) for one in list_sites(connector, current_actor())]
        return render("sites.html", "sites", cards=cards)

    @blueprint.get("/sites/<site>", endpoint="site")
    @needs("admin")
    def one_site(site: str) -> ResponseReturnValue:
        return site_page(connector, known_site(connector, site))

    @blueprint.post("/sites/<site>/test", endpoint="test_site")
    @needs("admin", lane="heavy")
    def test(site: str) -> ResponseReturnValue:
        return tested_page(connector, known_site(connector, site))

    @blueprint.post("/sites/<site>/credential", endpoint="renew_site")
    @needs("admin", lane="heavy")
    def credential(site: str) -> ResponseReturnValue:
        return renewed_or_not(connector, known_site(connector, site))

    @blueprint.post("/sites/<site>/webhook/secret", endpoint="change_secret")
    @needs("admin", lane="heavy")
    def another_secret(site: str) -> ResponseReturnValue:
        return secret_changed(connector, known_site(connector, site))

    @blueprint.post("/sites/<site>/goals-account", endpoint="change_goals_account")
    @needs("admin", lane="heavy")
    def goals_of_site(site: str) -> ResponseReturnValue:
        return goals_account_changed(connector, known_site(connector, site))

    @blueprint.post("/sites/<site>/application-link", endpoint="change_application_link")
    @needs("admin")
    def link_of_site(site: str) -> ResponseReturnValue:
        return link_changed(connector, known_site(connector, site))

    @blueprint.post("/sites/<site>/visibility", endpoint="change_visibility")
    @needs("admin", lane="heavy")
    def visibility(site: str) -> ResponseReturnValue:
        return visibility_changed(connector, known_site(connector, site))

    @blueprint.post("/sites/<site>/forge/code", endpoint="forge_code")
    @needs("admin")
    def pairing_code(site: str) -> ResponseReturnValue:
        return code_page(connector, known_site(connector, site))

    @blueprint.post("/sites/<site>/consent", endpoint="begin_consent")
    @needs("admin")
    def allow(site: str) -> ResponseReturnValue:
        return asked_page(connector, known_site(connector, site))

    @blueprint.get(CALLBACK, endpoint="consent")
    @needs("admin", lane="heavy")
    def came_back() -> ResponseReturnValue:
        said = request.args
        return connected_or_not(connector, said.get("state", ""), said.get("code", ""), said.get("error", ""))

    @blueprint.post(CALLBACK, endpoint="choose_resource")
    @needs("admin", lane="heavy")
    def chosen() -> ResponseReturnValue:
        form = ChoiceForm(request.form)
        return connected_or_not(connector, str(form.state.data or ""), cloud_id=str(form.cloud_id.data or ""))

    @blueprint.post("/sites/<site>/remove", endpoint="remove_site")
    @needs("admin")
    def forget(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return removed_or_not(connector, site)


def card(connector: Connector, site: SiteStanding) -> SiteCard:
    """What the list says of a site."""
    return SiteCard(
        name=site.name,
        url=site.url,
        deployment=site.deployment,
        issues=site.issues,
        revision=site.mapping_revision or "",
        delivery=show_moment(connector, site.last_delivery) if site.last_delivery else None,
        removable=site.added,
        credential=site.credential,
    )


def site_page(
    connector: Connector,
    site: Site,
    tested: ConnectionTest | None = None,
    failure: str = "",
    renewal: RenewalForm | None = None,
    removal: RemovalForm | None = None,
    code: PairingCode | None = None,
    asked: ConsentRequest | None = None,
    goals: GoalsForm | None = None,
    link: LinkForm | None = None,
) -> str:
    """One site as HTML, with where its webhook goes; `tested` is what Jira has just said, the forms come back with what was wrong.

    `code` is the one that was made for the Forge app a moment ago, `asked` where a Jira user goes to allow the OAuth 2.0 app.
    """
    wanted, standing = (
        target(connector, current_actor(), site.name),
        one_site(connector, current_actor(), site.name),
    )
    removal, sign_in = removal or RemovalForm(), sign_in_standing(connector, current_actor(), site.name)
    removal.confirm.label.text = f"Type {site.name} to confirm"
    return render(
        "site.html",
        "sites",
        card=card(connector, standing),
        tested=tested,
        failure=failure,
        renewal=renewal or RenewalForm(data={"token_expires": standing.token_expires}),
        removal=removal,
        webhook=public_address(connector, wanted.address),
        signed=wanted.signed,
        forge=forge_app(connector, site.name) if connector.settings.forge is not None else None,
        code=code,
        oauth=(oauth := oauth_standing(connector, current_actor(), site.name)),
        granted=show_moment(connector, oauth.granted_at) if oauth is not None and oauth.granted_at else None,
        asked=asked,
        goals=(goals or GoalsForm()) if standing.deployment != DATA_CENTER else None,
        goals_account=goals_account(connector, current_actor(), site.name),
        callback=public_address(connector, f"{connector.settings.public_url}{CALLBACK}"),
        sign_in=sign_in,
        sign_in_callback=public_address(connector, f"{connector.settings.public_url}{sign_in.callback}"),
        link=link
        or LinkForm(data={"link_client_id": application_link(connector, current_actor(), site.name) or ""}),
        visibility=VisibilityForm(
            data={"mode": site_visibility(connector, current_actor(), site.name).value}
        ),
    )


def visibility_changed(connector: Connector, site: Site) -> ResponseReturnValue:
    """What comes of another choice of what people see."""
    chosen = str(VisibilityForm(request.form).mode.data or "nothing")
    if strange := strange_choice("mode", chosen, MODES):
        return site_page(connector, site, failure=strange), 422
    try:
        change_visibility(connector, current_actor(), site.name, Visibility(chosen))
    except Refusal as error:
        return site_page(connector, site, failure=str(error)), 422
    except JiraError as error:
        return site_page(connector, site, failure=describe_error(error)), 502
    flash(f"{site.name} shows: {MODES[chosen]}.")
    return redirect(url_for("control.site", site=site.name, _anchor="visibility"))


def link_changed(connector: Connector, site: Site) -> ResponseReturnValue:
    """What comes of another application link, or of none."""
    form = LinkForm(request.form)
    client_id, secret = str(form.link_client_id.data or ""), str(form.link_client_secret.data or "")
    try:
        if client_id or secret:
            take_application_link(connector, current_actor(), site.name, client_id, secret)
        else:
            forget_application_link(connector, current_actor(), site.name)
    except Refusal as error:
        form.refuse_for(error)
        return site_page(connector, site, link=form), 422
    said = (
        "People prove who they are by the application link"
        if client_id
        else "There is no application link any more"
    )
    flash(f"{said}: {site.name}.")
    return redirect(url_for("control.site", site=site.name, _anchor="visibility"))


def goals_account_changed(connector: Connector, site: Site) -> ResponseReturnValue:
    """What comes of another account for Goals, or of none."""
    form = GoalsForm(request.form)
    email, token = str(form.email.data or ""), str(form.goals_token.data or "")
    try:
        if email or token:
            take_goals_account(connector, current_actor(), site.name, email, token)
        else:
            forget_goals_account(connector, current_actor(), site.name)
    except Refusal as error:
        form.refuse_for(error)
        return site_page(connector, site, goals=form), 422
    except JiraError as error:
        form.refuse(describe_error(error))
        return site_page(connector, site, goals=form), 502
    flash(f"Goals of {site.name}: {email or 'the account of Jira works with them'}.")
    return redirect(url_for("control.site", site=site.name, _anchor="goals"))


def asked_page(connector: Connector, site: Site) -> ResponseReturnValue:
    """The page of the site with the way to Atlassian: a form may not lead there, a link may."""
    callback = public_address(connector, f"{connector.settings.public_url}{CALLBACK}")
    try:
        asked = begin(connector, current_actor(), site.name, callback)
    except Refusal as error:
        return site_page(connector, site, failure=str(error)), 422
    answer = make_response(site_page(connector, site, asked=asked))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def connected_or_not(
    connector: Connector, state: str, code: str = "", refusal: str = "", cloud_id: str = ""
) -> ResponseReturnValue:
    """On to the site where it was allowed; else which sites there are to choose from, or why it did not work."""
    try:
        done = finish(connector, current_actor(), state, code, refusal, cloud_id)
    except Refusal as error:
        return render("consent.html", "sites", failure=str(error), form=None, site=""), 422
    except JiraError as error:
        return render("consent.html", "sites", failure=describe_error(error), form=None, site=""), 502
    if done.tested is None:
        form = ChoiceForm(data={"state": done.state})
        form.cloud_id.choices = [(one.id, f"{one.name}: {one.url}") for one in done.choices]
        address = connector.site(done.site).browse_url
        return render("consent.html", "sites", failure="", form=form, site=done.site, address=address)
    flash(f"Jira lets the connector in as {done.tested.account}.")
    if done.warning:
        flash(done.warning)
    mapped = one_site(connector, current_actor(), done.site).mapping_revision
    return redirect(url_for("control.site" if mapped else "control.wizard_connected", site=done.site))


def forge_app(connector: Connector, site: str) -> tuple[InstallationLine, ...]:
    """The installations of the Forge app, as the page shows them."""
    return tuple(
        InstallationLine(
            one.environment,
            show_moment(connector, one.paired_at),
            None if one.heard_at is None else show_moment(connector, one.heard_at),
            None if one.uninstalled_at is None else show_moment(connector, one.uninstalled_at),
        )
        for one in list_installations(connector, current_actor(), site)
    )


def code_page(connector: Connector, site: Site) -> ResponseReturnValue:
    """The page of the site with a code for the Forge app, or why there is none."""
    try:
        made = make_code(connector, current_actor(), site.name)
    except Refusal as error:
        return site_page(connector, site, failure=str(error)), 422
    answer = make_response(site_page(connector, site, code=made))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def tested_page(connector: Connector, site: Site) -> ResponseReturnValue:
    """What Jira says to us now, or why it does not."""
    try:
        return site_page(connector, site, attempt(connector, current_actor(), site.name))
    except JiraError as error:
        return site_page(connector, site, failure=describe_error(error)), 502


def renewed_or_not(connector: Connector, site: Site) -> ResponseReturnValue:
    """Keep the token of the form, where one was typed, and its day; else why not."""
    form = RenewalForm(request.form)
    said = _renewed(connector, site, form) if form.validate() else ""
    if not said:
        return site_page(connector, site, renewal=form), 422
    flash(said)
    return redirect(url_for("control.site", site=site.name))


def _renewed(connector: Connector, site: Site, form: RenewalForm) -> str:
    """What was done; empty where nothing was, and the form says why."""
    try:
        tested = renew(connector, current_actor(), site.name, form.token.data, form.token_expires.data)
        if tested is not None:
            return f"Jira takes the new token of {site.name}."
        if form.token.data:
            return f"The new secret of {site.name} is kept. Atlassian is asked with it when the tokens are renewed next, within the hour."
        return f"The day is kept with {site.name}."
    except JiraError as error:
        form.refuse(describe_error(error))
    except Refusal as error:
        form.refuse_for(error)
    return ""


def secret_changed(connector: Connector, site: Site) -> ResponseReturnValue:
    """Another webhook secret, and what is left to do in Jira."""
    address = public_address(connector, target(connector, current_actor(), site.name).address)
    try:
        done = change_secret(connector, current_actor(), site.name, address)
    except Refusal as error:
        return site_page(connector, site, failure=str(error)), 422
    left = (
        "Jira has the new one."
        if done.in_jira
        else f"Jira does not have the new one yet. {done.why} Type it in."
    )
    flash(
        f"{left} The former secret is accepted until {done.until:%Y-%m-%d %H:%M} UTC, in the headers of rules too."
    )
    return redirect(url_for("control.site", site=site.name))


def removed_or_not(connector: Connector, site: str) -> ResponseReturnValue:
    """Forget the site where its name was typed to confirm."""
    form = RemovalForm(request.form)
    if form.confirm.data != site:
        form.refuse(f"Nothing was removed: type {site} to confirm it.", "confirm")
        return site_page(connector, connector.site(site), removal=form), 422
    done = remove(connector, current_actor(), site)
    flash(f"The site {site} is forgotten, and its credentials with it. {done.webhook}")
    return redirect(url_for("control.sites"))


def add_site(connector: Connector, form: SiteForm) -> bool:
    """Test and keep the site of the form (one that has to be allowed, untested); where it cannot be, the form says why."""
    if not form.validate():
        return False
    try:
        if form.deployment.data == APP:
            prepare(connector, current_actor(), form.site())
        else:
            add(connector, current_actor(), form.site())
    except JiraError as error:
        form.refuse(describe_error(error))
    except Refusal as error:
        form.refuse_for(error)
    return not form.errors
