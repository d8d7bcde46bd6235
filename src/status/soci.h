// SOCI's headers with its Boost support left out: Debian builds it in, and would make all of
// Boost's headers a dependency for templates that nothing here uses. No class changes its layout by
// it.
#pragma once

#include <soci/soci-config.h>
#undef SOCI_HAVE_BOOST
#undef SOCI_HAVE_BOOST_DATE_TIME

#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>
