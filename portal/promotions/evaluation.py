"""Evaluating a basket: inputs in, effects and reasons out. The rules are written down in docs/promotions.md."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, groupby

from portal.customers import Shopper
from portal.promotions.basket import Basket, CampaignUseOf, Evaluation, History, LineDiscount, Reason
from portal.promotions.compiling import Compiled, Hint, LiveCampaigns
from portal.promotions.effects import Gain, Left
from portal.promotions.facts import Facts
from portal.promotions.holding import is_held_out
from portal.promotions.reasons import (
    say_applied,
    say_barred,
    say_better_without,
    say_comes_first,
    say_missing,
    say_not_together,
    say_nothing_left,
    say_to_choose,
    say_used_up,
    say_worth_less,
)

MOST_TOGETHER = 5
MOST_WEIGHED = 12
Applied = tuple[Compiled, Gain]


def evaluate(live: LiveCampaigns, basket: Basket, shopper: Shopper | None, history: History) -> Evaluation:
    """Give what the campaigns do to a basket, and why. Pure: no database, no clock (`basket.at` is the time)."""
    run = _Run(live, Facts(basket, shopper, history))
    for (_, _mode), members in groupby(run.concerned, key=lambda each: (each.document.group.code, each.document.group.mode)):
        run.weigh(list(members))
    run.explain_codes()
    return run.result()


class _Run:
    """One evaluation under way."""

    def __init__(self, live: LiveCampaigns, facts: Facts) -> None:
        self.live = live
        self.facts = facts
        self.left = Left([item.unit_minor * item.quantity for item in facts.items], facts.basket.shipping_minor)
        self.applied: list[Applied] = []
        self.taken: dict[str, Compiled] = {}  # exclusive categories, and who has them
        self.reasons: list[tuple[int, Reason]] = []
        self.held_out: list[str] = []
        self.concerned = [each for each in live.to_look_at(facts) if each.is_open(facts.basket)]

    def weigh(self, members: Sequence[Compiled]) -> None:
        """Apply the campaigns of one group as its mode says."""
        mode = members[0].document.group.mode
        if mode == "stackable":
            for each in members:
                if self.holds(each):
                    self.apply_alone(each)
            return
        fit = [each for each in members if self.holds(each)]
        if mode == "in_order":
            self.apply_first(fit)
        else:
            self.apply_best(fit, 1 if mode == "best_single" else MOST_TOGETHER)

    def holds(self, campaign: Compiled) -> bool:
        """Say whether a campaign holds for this customer and basket; what it says of it is noted."""
        if campaign.is_for_known and self.facts.shopper is None:
            return False
        does, missing = campaign.look(self.facts)
        if missing is not None:
            self.note_missing(campaign, missing)
        if not does:
            return False
        if self._is_held_out(campaign):
            self.held_out.append(campaign.code)
            return False
        if self._is_used_up(campaign):
            self.note(campaign, say_used_up(campaign))
            return False
        return True

    def _is_held_out(self, campaign: Compiled) -> bool:
        shopper = self.facts.shopper
        return shopper is not None and is_held_out(campaign.code, campaign.document.hold_out_percent, shopper.customer_id)

    def _is_used_up(self, campaign: Compiled) -> bool:
        history, caps = self.facts.history, campaign.document.caps
        if campaign.id in history.held:
            return False
        if campaign.id in self.live.used_up:
            return True
        if caps.per_customer is not None and history.uses.get(campaign.id, 0) >= caps.per_customer:
            return True
        coupon = self.facts.coupons.get(campaign.code)
        return caps.per_code is not None and coupon is not None and history.code_uses.get((campaign.id, coupon.code), 0) >= caps.per_code

    def try_on(self, campaign: Compiled, left: Left) -> Gain | None:
        """Give what a campaign would give on what is left, which it takes; None where that is nothing or more than it may cost."""
        gain = campaign.give(self.facts, left)
        if not gain.is_something or gain.worth_minor > self._room(campaign):
            return None
        return gain

    def _room(self, campaign: Compiled) -> float:
        history, most = self.facts.history, campaign.document.caps.per_customer_minor
        own = history.held.get(campaign.id, 0)
        room: float = float("inf") if campaign.id not in self.live.room else self.live.room[campaign.id] + own
        return room if most is None else min(room, most - history.given_minor.get(campaign.id, 0))

    def apply_alone(self, campaign: Compiled) -> bool:
        """Apply a campaign on what is left, unless another of its exclusive category was."""
        other = self.taken.get(campaign.document.exclusive or "")
        if other is not None:
            self.note(campaign, say_not_together(campaign, other))
            return False
        after = self.left.copy()
        gain = self.try_on(campaign, after)
        if gain is None:
            self.note_nothing(campaign)
            return False
        self.left = after
        self.keep(campaign, gain)
        return True

    def keep(self, campaign: Compiled, gain: Gain) -> None:
        """Note a campaign as applied."""
        self.applied.append((campaign, gain))
        self.facts.applied.add(campaign.code)
        if campaign.document.exclusive:
            self.taken[campaign.document.exclusive] = campaign
        self.note(campaign, say_applied(campaign, gain, self.facts.basket.currency))
        if gain.is_to_choose:
            self.note(campaign, say_to_choose(campaign))

    def apply_first(self, fit: Sequence[Compiled]) -> None:
        """Apply the first that gives something; the others are beaten by it."""
        winner: Compiled | None = None
        for each in fit:
            if winner is not None:
                self.note(each, say_comes_first(each, winner))
            elif self.apply_alone(each):
                winner = each

    def apply_best(self, fit: Sequence[Compiled], most: int) -> None:
        """Apply those, at most so many together, that are worth most to the customer; of equals, the first in order."""
        singles: list[tuple[Compiled, int]] = []
        for each in fit:
            other = self.taken.get(each.document.exclusive or "")
            if other is not None:
                self.note(each, say_not_together(each, other))
                continue
            gain = self.try_on(each, self.left.copy())
            if gain is not None:
                singles.append((each, gain.worth_minor))
        weighed = sorted(sorted(singles, key=lambda each: (-each[1], each[0].place))[:MOST_WEIGHED], key=lambda each: each[0].place)
        best = _Search(self, weighed, most).best()
        chosen = [each for each in best if self.apply_alone(each)]
        for each, _worth in singles:
            if each not in chosen and chosen:
                self.note(each, say_worth_less(each, chosen[0]) if most == 1 else say_better_without(each))

    def note(self, campaign: Compiled, reason: Reason) -> None:
        """Note why."""
        self.reasons.append((campaign.place, reason))

    def note_missing(self, campaign: Compiled, hint: Hint) -> None:
        """Say what is missing, to who has begun."""
        money, pieces = self.facts.sums(hint.aim)
        have = money if hint.of_money else pieces
        if 0 < have < hint.least and not self._is_held_out(campaign) and not self._is_used_up(campaign):
            self.note(campaign, say_missing(campaign, hint, hint.least - have, self.facts.basket.currency))

    def note_nothing(self, campaign: Compiled) -> None:
        """Say of what holds, yet gives nothing, why: its budget, or, to who brought a code, that nothing is left to take off."""
        if campaign.give(self.facts, self.left.copy()).is_something:
            self.note(campaign, say_used_up(campaign))
        elif campaign.code in self.facts.coupons:
            self.note(campaign, say_nothing_left(campaign))

    def explain_codes(self) -> None:
        """Say of each code that did nothing that it did nothing."""
        told = {reason.campaign_code for _, reason in self.reasons}
        for code in sorted(self.facts.coupons):
            campaign = self.live.by_code.get(code)
            if code not in told:
                self.reasons.append((len(self.live.campaigns), say_barred(code, campaign, self.facts.basket)))

    def result(self) -> Evaluation:
        """Give all of it."""
        lines: dict[tuple[int, int], int] = {}
        for campaign, gain in self.applied:
            for place, amount in gain.off.items():
                lines[self.facts.items[place].position, campaign.id] = amount
        gains = [gain for _, gain in self.applied]
        shipping = sum(gain.off_shipping for gain in gains)
        return Evaluation(
            lines=tuple(LineDiscount(position, campaign_id, amount) for (position, campaign_id), amount in sorted(lines.items())),
            shipping_discount_minor=shipping,
            gifts=tuple(gift for gain in gains for gift in gain.gifts),
            points=tuple(points for gain in gains for points in gain.points),
            free_months=tuple(months for gain in gains for months in gain.months),
            uses=tuple(self._use(campaign, gain) for campaign, gain in self.applied),
            reasons=tuple(reason for _, reason in sorted(self.reasons, key=lambda each: each[0])),
            total_discount_minor=sum(lines.values()) + shipping,
            held_out=tuple(self.held_out),
        )

    def _use(self, campaign: Compiled, gain: Gain) -> CampaignUseOf:
        coupon = self.facts.coupons.get(campaign.code)
        return CampaignUseOf(campaign.id, campaign.version, 1, gain.worth_minor, coupon.code if coupon else None)


class _Search:
    """Looks for the best of all combinations; what each is worth alone says when there is no use in looking further."""

    def __init__(self, run: _Run, weighed: Sequence[tuple[Compiled, int]], most: int) -> None:
        self.run = run
        self.weighed = weighed
        self.most = most
        self.worth = -1
        self.found: tuple[Compiled, ...] = ()
        alone = [worth for _, worth in weighed]
        # The most that any so many from a place on can be worth together: none is worth more beside others than alone.
        self.at_best = [list(accumulate(sorted(alone[start:], reverse=True), initial=0)) for start in range(len(alone) + 1)]

    def best(self) -> tuple[Compiled, ...]:
        """Give the campaigns to apply, in their order."""
        self._try_dearest()
        self._try(0, (), 0, self.run.left)
        return self.found

    def _try_dearest(self) -> None:
        """Begin with those worth most alone: mostly nothing is better, and then nothing else is tried."""
        ranked = sorted(self.weighed, key=lambda each: (-each[1], each[0].place))
        chosen: list[Compiled] = []
        for each, _alone in ranked:
            if len(chosen) < self.most and each.document.exclusive not in {
                other.document.exclusive for other in chosen if other.document.exclusive
            }:
                chosen.append(each)
        chosen.sort(key=lambda each: each.place)
        left, worth, done = self.run.left.copy(), 0, []
        for each in chosen:
            after = left.copy()
            gain = self.run.try_on(each, after)
            if gain is not None:
                left, worth = after, worth + gain.worth_minor
                done.append(each)
        self.worth, self.found = worth, tuple(done)

    def _try(self, start: int, chosen: tuple[Compiled, ...], worth: int, left: Left) -> None:
        if (worth, len(chosen)) > (self.worth, len(self.found)):
            self.worth, self.found = worth, chosen
        more = min(self.most - len(chosen), len(self.weighed) - start)
        if not more or (worth + self.at_best[start][more], len(chosen) + more) <= (self.worth, len(self.found)):
            return
        categories = {each.document.exclusive for each in chosen if each.document.exclusive}
        for place in range(start, len(self.weighed)):
            each, _alone = self.weighed[place]
            if each.document.exclusive in categories:
                continue
            after = left.copy()
            gain = self.run.try_on(each, after)
            if gain is not None:
                self._try(place + 1, (*chosen, each), worth + gain.worth_minor, after)
