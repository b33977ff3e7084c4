// SPDX-License-Identifier: BSD-2-Clause
/* core/path: what is told of a way that comes and goes. */
#include "core/path.h"
#include "tap.h"

static struct path p;

static int at(uint64_t ms, uint8_t type, uint8_t fact)
{
	struct path_ev ev = {
		.now = { ms * 1000000 },
		.type = type,
		.fact = fact,
	};

	return (int)path_step(&p, &ev);
}

static int fact(uint64_t ms, uint8_t f)
{
	return at(ms, PATH_EV_FACT, f);
}

static uint64_t due_ms(void)
{
	return path_next_expiry(&p).ns / 1000000;
}

static void test_daemon(void)
{
	path_init(&p, 0);
	is_int(fact(1000, PATH_USABLE), PATH_ACT_NONE, "a way is no news");
	ok(mono_is_never(path_next_expiry(&p)), "and nothing is waited for");
	is_int(fact(2000, PATH_NO_CARRIER), PATH_ACT_LOST,
	       "a lost one is told at once");
	is_int(p.cause, PATH_NO_CARRIER, "with its cause");
	is_int(fact(2100, PATH_NO_ROUTE), PATH_ACT_NONE, "once");
	is_int(fact(3000, PATH_USABLE), PATH_ACT_NONE,
	       "one that is back is not believed");
	is_int(due_ms(), 3000 + PATH_SETTLE_MS, "before some time is over");
	is_int(fact(3200, PATH_NO_ROUTE), PATH_ACT_NONE, "in which it goes");
	ok(mono_is_never(path_next_expiry(&p)), "and nothing is waited for");
	is_int(fact(4000, PATH_USABLE), PATH_ACT_NONE, "it is there again");
	is_int(fact(4000 + PATH_SETTLE_MS, PATH_USABLE), PATH_ACT_BACK,
	       "and stays");
}

static void test_flaps(void)
{
	uint64_t t = 1000, settle = PATH_SETTLE_MS, i;
	bool doubled = true;

	path_init(&p, 0);
	fact(t, PATH_NO_CARRIER);
	for (i = 0; i < 8; i++) {
		fact(t, PATH_USABLE);
		doubled &= due_ms() == t + settle;
		t += settle;
		doubled &= fact(t, PATH_USABLE) == PATH_ACT_BACK;
		t += 100;
		doubled &= fact(t, PATH_NO_CARRIER) == PATH_ACT_LOST;
		if (settle < PATH_SETTLE_MAX_MS)
			settle *= 2;
	}
	ok(doubled, "each time it is lost soon, it is believed later");
	is_int(settle, PATH_SETTLE_MAX_MS, "to a limit");
	fact(t, PATH_USABLE);
	fact(t + settle, PATH_USABLE);
	t += settle + PATH_FLAP_MS;
	fact(t, PATH_NO_CARRIER);
	fact(t, PATH_USABLE);
	is_int(due_ms(), t + PATH_SETTLE_MS, "one that held is trusted again");
}

static void test_server(void)
{
	path_init(&p, PATH_LOSS_MS);
	is_int(fact(1000, PATH_NO_ROUTE), PATH_ACT_NONE,
	       "one server's way is missed");
	is_int(fact(1500, PATH_USABLE), PATH_ACT_NONE, "if it comes back soon");
	ok(mono_is_never(path_next_expiry(&p)), "by nobody");
	fact(2000, PATH_NO_ROUTE);
	is_int(fact(2000 + PATH_LOSS_MS, PATH_NO_ADDRESS), PATH_ACT_LOST,
	       "else later");
	is_int(p.cause, PATH_NO_ADDRESS, "for the last of its causes");
}

static void test_woke(void)
{
	path_init(&p, 0);
	is_int(at(1000, PATH_EV_WOKE, PATH_USABLE), PATH_ACT_LOST,
	       "after a suspend the way was not there");
	is_int(p.cause, PATH_ASLEEP, "for that reason");
	is_int(fact(1000 + PATH_SETTLE_MS, PATH_USABLE), PATH_ACT_BACK,
	       "and is back soon");
	fact(5000, PATH_NO_CARRIER);
	is_int(at(9000, PATH_EV_WOKE, PATH_NO_CARRIER), PATH_ACT_NONE,
	       "one that was lost before stays lost");
	is_int(fact(9100, PATH_USABLE), PATH_ACT_NONE, "until it is back");
	is_int(at(9200, PATH_EV_WOKE, PATH_USABLE), PATH_ACT_NONE,
	       "asleep again meanwhile");
	ok(due_ms() > 9200 + PATH_SETTLE_MS - 1, "it is waited for anew");
}

static void test_bad(void)
{
	struct path old;

	path_init(&p, 0);
	old = p;
	is_int(fact(1, PATH_FACTS), PATH_ACT_NONE, "no fact");
	is_int(at(1, PATH_EV_TYPES, PATH_USABLE), PATH_ACT_NONE, "no event");
	ok(!memcmp(&old, &p, sizeof(p)), "nothing changes by them");
	ok(!strcmp(path_fact_name(PATH_FACTS), "invalid") &&
	   !strcmp(path_ev_name(PATH_EV_TYPES), "invalid"), "nor have they names");
}

int main(void)
{
	test_daemon();
	test_flaps();
	test_server();
	test_woke();
	test_bad();
	return tap_done();
}
